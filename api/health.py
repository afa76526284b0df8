"""Whether the process lives, and whether it can do its work."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import SkipValidation
from pydantic import BaseModel

from api.envelope import Answer
from api.parts import Parts
from api.principals import OWN_CREDENTIALS
from api.rates import NOT_COUNTED
from domain.errors import Unavailable
from storage import migrate, probe

_log = structlog.get_logger("larder.api")


class Health(BaseModel):
    """The process answers."""

    status: str = "ok"


class Readiness(BaseModel):
    """Every check by its name: `ok`, or what is wrong in words."""

    status: str
    checks: dict[str, str]


class HealthController(Controller):
    """For whoever watches over the service; neither asks for credentials nor tells versions."""

    tags = ("Health",)
    opt = OWN_CREDENTIALS | NOT_COUNTED

    @get("/healthz", operation_id="Live")
    async def live(self) -> Health:
        """Answer at once, without asking anybody: the process is alive."""
        return Health()

    @get("/readyz", operation_id="Ready", responses={503: ResponseSpec(Readiness, description="Not ready.")})
    async def ready(self, parts: NamedDependency[SkipValidation[Parts]]) -> Response[Readiness]:
        """Tell whether requests can be served: database, schema, Temporal and a worker; 503 where one is missing."""
        database, migrations, temporal, worker = await asyncio.gather(
            _checked(lambda: probe.write_and_read(parts.db), "does not answer"),
            _checked(lambda: migrate.is_at_head(parts.db), "the schema is not this version's"),
            _checked(parts.desk.temporal_is_up, "does not answer"),
            _checked(parts.desk.worker_is_polling, "no worker has polled lately"),
        )
        checks = {"database": database, "migrations": migrations, "temporal": temporal, "worker": worker}
        ready = set(checks.values()) == {"ok"}
        readiness = Readiness(status="ok" if ready else "unavailable", checks=checks)
        headers = None if ready else {"Retry-After": "5"}
        return Answer(readiness, status_code=200 if ready else 503, media_type=MediaType.JSON, headers=headers)


async def _checked(check: Callable[[], Awaitable[bool]], otherwise: str) -> str:
    try:
        return "ok" if await check() else otherwise
    except Unavailable as away:
        return away.message
    except Exception:  # noqa: BLE001 -- a check that breaks is a failed check, and the other ones still tell something
        _log.exception("health check failed")
        return otherwise
