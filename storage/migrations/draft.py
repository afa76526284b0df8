"""Draws up a migration: the difference between the tables and what all earlier migrations make.

    python -m storage.migrations.draft 0006_name

writes `versions/0006_name.py`, over the one that is there. Read it before you trust it: a renamed column looks like a
dropped and a new one. What is committed is never drawn up again: `tests/upgrades` begins at 0001.
"""

import asyncio
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations.ops import CreateCheckConstraintOp, ModifyTableOps, UpgradeOps
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, DefaultClause, inspect
from sqlalchemy.sql.elements import False_
from sqlalchemy.types import TypeDecorator

from storage.database import changing_schema
from storage.migrate import MIGRATIONS, upgrade
from storage.tables import Table

TEMPLATE = """\"\"\"{title}.\"\"\"

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down_revision!r}


def upgrade() -> None:
    \"\"\"From the revision before to this one.\"\"\"
    {body}
"""


def draft(name: str) -> Path:
    """Write the migration `name`, which begins with its number, and answer its file."""
    revision, _, title = name.partition("_")
    file = MIGRATIONS / "versions" / f"{name}.py"
    file.unlink(missing_ok=True)
    down_revision = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/draft.db"
        upgrade(url)
        body = asyncio.run(_difference(url, batch=down_revision is not None))
    file.write_text(
        TEMPLATE.format(
            title=title.replace("_", " ").capitalize(), revision=revision, down_revision=down_revision, body=body
        )
    )
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", file], check=True)  # noqa: S603 - no outside input
    return file


async def _difference(url: str, *, batch: bool) -> str:
    async with changing_schema(url) as connection:
        return await connection.run_sync(_rendered, batch)


def _rendered(connection: Connection, batch: bool) -> str:
    context = MigrationContext.configure(connection, opts={"target_metadata": Table.metadata})
    steps = produce_migrations(context, Table.metadata).upgrade_ops
    assert steps is not None, "a comparison always has steps, be they none"  # noqa: S101 - tells mypy
    _check(connection, steps)
    # SQLite can hardly alter a table; batch mode copies it instead
    code = render_python_code(steps, render_as_batch=batch, render_item=_as_written, migration_context=context)
    return "\n".join(line for line in code.splitlines() if "###" not in line).strip()


def _check(connection: Connection, steps: UpgradeOps) -> None:
    """Alembic compares no check constraints: those that a table has gained are added here, by their names."""
    look = inspect(connection)
    for step in steps.ops:
        if isinstance(step, ModifyTableOps) and look.has_table(step.table_name):
            known = {check["name"] for check in look.get_check_constraints(step.table_name)}
            constraints = Table.metadata.tables[step.table_name].constraints
            checks = (check for check in constraints if isinstance(check, CheckConstraint) and check.name not in known)
            step.ops += [CreateCheckConstraintOp.from_constraint(check) for check in checks]


def _as_written(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """A migration must not change with the code, so it names what is stored and not our types; and no dialect's 0."""
    if isinstance(item, DefaultClause) and isinstance(item.arg, False_):
        return "sa.false()"
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


if __name__ == "__main__":
    print(draft(sys.argv[1]))  # noqa: T201 - a command
