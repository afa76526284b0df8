"""The command line: `larder up`, and its parts one by one for those who run more than one machine."""

# ruff: noqa: PLC0415 - each command imports what it needs: --help answers at once, no process carries another's load
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeVar

import rich_click as click

from domain.errors import LarderError, Unavailable
from rulefiles.commands import rules
from settings import Settings, SettingsError
from stack.halt import FAILED, UNAVAILABLE, USAGE, Halt

_T = TypeVar("_T")

STOPPED = 130  # as shells call an end by Ctrl-C


class Cli(click.RichGroup):
    """Says what went wrong in plain lines, without a traceback; exits 1 failed, 2 usage, 3 unavailable, 130 stopped."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command and turn the errors that are meant for people into lines and exit codes."""
        try:
            return super().invoke(ctx)
        except Halt as halt:
            _complain(ctx, halt.exit_code, *halt.sentence.splitlines())
        except SettingsError as wrong:
            _complain(ctx, USAGE, *wrong.faults)
        except Unavailable as away:
            _complain(ctx, UNAVAILABLE, away.message)
        except LarderError as refused:
            _complain(ctx, FAILED, *refused.message.splitlines())
        except KeyboardInterrupt:
            ctx.exit(STOPPED)


def _complain(ctx: click.Context, exit_code: int, *sentences: str) -> None:
    for sentence in sentences:
        click.echo(f"larder: {sentence}", err=True)
    ctx.exit(exit_code)


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        from names import VERSION

        click.echo(VERSION)
        ctx.exit()


@click.group(cls=Cli, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Say which one it is."
)
def cli() -> None:
    """Larder reorders what runs out. Settings are LARDER_* environment variables, see README.md."""


cli.add_command(rules)


@cli.command()
def up() -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    settings = Settings.from_environment()

    from stack.supervisor import up

    up(settings)


@cli.command()
def api() -> None:
    """Run an API process alone."""
    from stack.checks import api_port

    settings = Settings.from_environment()
    port = api_port(settings)
    if not port.good:
        raise Halt(port.told)

    from api.app import serve

    asyncio.run(serve(settings))


@cli.command()
def worker() -> None:
    """Run a worker process alone."""
    settings = Settings.from_environment()

    import logs
    from worker import run

    logs.configure()
    asyncio.run(_until_told(run(settings)))


@cli.command()
def migrate() -> None:
    """Bring the database to the tables of this version."""
    settings = Settings.from_environment()

    from stack.schema import migrate

    migrate(settings)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Say what this machine lacks; exit code 3 when something must be put right."""
    from stack.doctor import examine

    findings = examine()
    if as_json:
        rows = [{"name": f.name, "good": f.good, "sentence": f.sentence, "remedy": f.remedy} for f in findings]
        click.echo(json.dumps(rows, indent=2))
    else:
        for finding in findings:
            click.echo(f"{'ok ' if finding.good else 'FIX'}  {finding.sentence}")
            if not finding.good:
                click.echo(f"     Next: {finding.remedy}")
    ctx.exit(0 if all(finding.good for finding in findings) else UNAVAILABLE)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write everything into one new FILE, while Larder runs or not; but for the instance key."""
    settings = Settings.from_environment()

    from stack.backup import backup

    kept = backup(settings, file.absolute())
    click.echo(f"{file} holds {' and '.join(kept.files)} of {kept.made_at}.")
    key = "LARDER_INSTANCE_KEY" if "LARDER_INSTANCE_KEY" in os.environ else settings.home / "instance.key"
    click.echo(f"It does not hold the instance key: keep {key} at another safe place, it is needed to restore.")


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Overwrite the databases that are there now.")
def restore(file: Path, replace: bool) -> None:
    """Go back to the backup FILE; Larder must be stopped."""
    settings = Settings.from_environment()

    from stack.backup import restore

    kept = restore(settings, file.absolute(), replace=replace)
    click.echo(f"{' and '.join(kept.files)} are again as they were at {kept.made_at}; start Larder when you like.")


@cli.command()
def wake() -> None:
    """Have every item look at storage again, after Temporal's own state was lost or replaced."""
    settings = Settings.from_environment()

    from stack.waking import wake

    click.echo(f"{wake(settings)} items are awake.")


@cli.command()
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Tell the stories live: what is reported, what is decided, what the retailer gets."""
    settings = Settings.from_environment()

    from simulator.demo import main

    code = asyncio.run(_until_told(main(settings)))
    ctx.exit(STOPPED if code is None else code)


@cli.group()
def simulate() -> None:
    """Play a thing that calls Larder."""


@simulate.command()
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Where Larder is.")
@click.option("--script", type=click.File(encoding="utf-8"), help="A file of lines; else they are typed or piped.")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="A file that it remembers itself by.")
def fridge(url: str, script: TextIO | None, state: Path | None) -> None:
    """Be a fridge, by lines such as `link KEY`, `wait`, `open-door`, `take EPC`, `close-door`; `help` lists them."""
    from simulator.fridge_script import main

    asyncio.run(_until_told(main(url, None if script is None else script.readlines(), state)))


@cli.command()
@click.argument("email")
@click.option("--sandbox", is_flag=True, help="For the user's sandbox, whose orders reach nobody.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def token(email: str, sandbox: bool, as_json: bool) -> None:
    """Make an API token for the user with this e-mail address; it is shown once."""
    settings = Settings.from_environment()

    from stack.tokens import issue_for_email

    issued = issue_for_email(settings, email, "test" if sandbox else "live")
    click.echo(json.dumps({"email": email, "token": issued}) if as_json else issued)


@cli.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def outbox(limit: int, as_json: bool) -> None:
    """Print the newest letters to anybody, where no mail server is set; they hold links that open accounts."""
    settings = Settings.from_environment()

    from dataclasses import asdict

    from stack.outbox import newest

    letters = newest(settings, limit)
    if as_json:
        click.echo(json.dumps([asdict(letter) for letter in letters], indent=2, default=str))
        return
    for letter in letters:
        click.echo(f"{letter.written_at:%Y-%m-%d %H:%M:%S} UTC  {letter.uuid}  {letter.kind} to {letter.recipient}")
        click.echo(f"Subject: {letter.subject}\n\n{letter.text}")


async def _until_told(work: Coroutine[Any, Any, _T]) -> _T | None:
    """The result of the work, or nothing when it was told to stop and has cleaned up after itself."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        return await task
    return None


def main() -> NoReturn:
    """Run one command and end the process without the interpreter's own way of closing down.

    A thread of Temporal's SDK that is just coming back into Python would abort the process there, with exit code 134
    (https://github.com/temporalio/sdk-python/issues/300).
    """
    try:
        cli(prog_name="larder")
    except SystemExit as end:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # nobody reads it any more
                stream.flush()
        os._exit(end.code if isinstance(end.code, int) else 0)
    raise AssertionError("a command ends with an exit code")


if __name__ == "__main__":
    main()
