"""One way to log for every process: a JSON line per event on stderr, coloured on a terminal; never a secret."""

import logging
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET = re.compile("authorization|secret|token|password|key|body|query", re.IGNORECASE)
_TEMPORALS = {"workflow_id", "workflow_type", "activity_type", "attempt"}


def configure(out: TextIO = sys.stderr) -> None:
    """Send structlog and the standard library's loggers through one renderer to `out`."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_workflow,
        _without_secrets,
    ]
    renderers: list[Processor] = (
        # the plain traceback, for the pretty one shows local variables, which may be secrets
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if out.isatty()
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # They say of every call what the line of the request says already, some of them with the query string.
    for chatty in ("httpx", "httpcore", "uvicorn.access", "alembic", "stripe"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _with_workflow(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """What Temporal's own loggers know of where they log from, under the names that all our lines use."""
    record = event.get("_record")
    for attribute in ("temporal_workflow", "temporal_activity"):
        for name in _TEMPORALS & getattr(record, attribute, {}).keys():
            event.setdefault(name, getattr(record, attribute)[name])
    return event


def _without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {name: "…" if _SECRET.search(name) else value for name, value in event.items()}
