"""The arrows of the house point down, read from the imports of every file."""

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest

from tests.sources import parsed

ROOT = Path(__file__).resolve().parent.parent

# What each room may import of the others; whoever is not named here knows nobody.
BELOW_ACTIVITIES = {
    *("domain", "rules", "retailers", "outside", "webhooks", "mail", "billing", "storage", "names", "failpoints")
}
BELOW_ROOTS = BELOW_ACTIVITIES | {"activities", "workflows", "connection", "settings", "logs", "tracing"}
MAY_IMPORT = {
    "rules": {"domain"},
    "outside": {"domain"},
    "retailers": {"domain", "outside"},
    "webhooks": {"domain", "outside"},
    "mail": {"domain"},
    "billing": {"domain"},
    "storage": {"domain", "failpoints"},
    "activities": BELOW_ACTIVITIES,
    "workflows": {"domain", "activities", "names"},
    "connection": {"domain", "settings", "tracing"},
    "tracing": {"settings"},
    "stack": {"domain", "storage", "activities", "names", "settings", "connection"},
    "api": BELOW_ROOTS,
    "worker": BELOW_ROOTS,
    "rulefiles": {"domain", "rules"},
    "larder": BELOW_ROOTS | {"api", "worker", "stack", "simulator", "rulefiles"},
    "simulator": BELOW_ROOTS | {"api", "worker", "stack"},
    "bench": BELOW_ROOTS | {"simulator"},
}
ROOMS = {"domain", "names", "failpoints", "settings", "logs", "bootstrap", *MAY_IMPORT}

# Who alone may import a library, or use one of its names.
ONLY_IN = {
    "temporalio": (
        *("activities/*", "workflows/*", "simulator/*", "stack/*", "bench/*"),
        *("api/desk.py", "names.py", "connection.py", "worker.py"),
    ),
    "litestar": ("api/*", "simulator/*"),
    "sqlalchemy": ("api/*", "storage/*", "simulator/*", "bench/*"),
    "httpx": ("outside/*", "retailers/*", "webhooks/*", "simulator/*", "rulefiles/larder.py"),
    "aiosmtplib": ("mail/smtp.py",),
    "jinja2": ("mail/writing.py",),
    "yaml": ("rulefiles/nodes.py",),
    "durable": (),
    "durable_rules_engine": ("rules/engine.py", "bench/evaluations.py"),
}
ENGINES = {"create_engine", "create_async_engine", "engine_from_config", "async_engine_from_config"}
ENGINES_ONLY_IN = "storage/database.py"
DOMAIN_KNOWS = {"pydantic", "domain", *sys.stdlib_module_names}


def faults(file: str, source: str) -> list[str]:
    """Each import or name in the source that the file, given by its path from the root, must not have."""
    room = PurePosixPath(file).parts[0].removesuffix(".py")
    found = []
    for line, imported in _imports(parsed(source)):
        name = imported.partition(".")[0]
        wrong = (
            (name in ROOMS and name != room and name not in MAY_IMPORT.get(room, set()))
            or (name in ONLY_IN and not any(fnmatch(file, pattern) for pattern in ONLY_IN[name]))
            or (room == "domain" and name not in DOMAIN_KNOWS)
        )
        if wrong:
            found.append(f"{file}:{line} imports {name}")
    if file != ENGINES_ONLY_IN:
        found += [f"{file}:{line} uses {name}" for line, name in _names(parsed(source)) if name in ENGINES]
    return found


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.Attribute(attr=name) | ast.Name(id=name):
                yield node.lineno, name


def files() -> list[str]:
    """Every source file of the house, tests apart, by its path from the root."""
    found = (path.relative_to(ROOT) for room in ROOMS for path in [ROOT / f"{room}.py", *(ROOT / room).rglob("*.py")])
    return sorted(path.as_posix() for path in found if (ROOT / path).exists())


@pytest.mark.parametrize("file", files())
def test_the_arrows_point_down(file: str) -> None:
    assert faults(file, (ROOT / file).read_text()) == []


def test_every_room_of_the_house_is_looked_at() -> None:
    tops = {path.stem for path in ROOT.glob("*.py")} | {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert tops - {"tests"} <= ROOMS


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("domain/facts.py", "import httpx"),
        ("domain/facts.py", "from storage.tables import Fact"),
        ("rules/judge.py", "from temporalio import activity"),
        ("rules/judge.py", "from litestar import get"),
        ("rules/judge.py", "import sqlalchemy.orm"),
        ("rules/judge.py", "import httpx"),
        ("rules/judge.py", "import durable_rules_engine"),
        ("rules/engine.py", "from durable.lang import ruleset"),
        ("retailers/push.py", "from storage.ledger import Ledger"),
        ("storage/ledger.py", "import rules.engine"),
        ("storage/ledger.py", "from sqlalchemy.ext.asyncio import create_async_engine"),
        ("storage/ledger.py", "import sqlalchemy as sa\nengine = sa.create_engine('sqlite://')"),
        ("activities/stock.py", "from workflows.item import ItemWorkflow"),
        ("workflows/item.py", "from rules.engine import Engine"),
        ("workflows/item.py", "def run():\n    from retailers.push import PushRetailer"),
        ("workflows/order.py", "with imports_passed_through():\n    from storage import ledger"),
        ("api/facts.py", "from temporalio.client import Client"),
        ("api/facts.py", "from worker import run"),
        ("api/facts.py", "import simulator.retailer"),
        ("stack/doctor.py", "from api.app import create_app"),
        ("worker.py", "import larder"),
        ("settings.py", "from stack.halt import Halt"),
        ("bootstrap.py", "import settings"),
    ],
)
def test_an_arrow_that_points_up_is_found(file: str, source: str) -> None:
    assert len(faults(file, source)) == 1


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("domain/facts.py", "from datetime import UTC\nfrom pydantic import AwareDatetime"),
        ("rules/engine.py", "import durable_rules_engine\nfrom domain.facts import Fact"),
        ("storage/database.py", "from sqlalchemy.ext.asyncio import create_async_engine"),
        ("api/desk.py", "from temporalio.client import Client\nfrom workflows.item import ItemWorkflow"),
        ("workflows/item.py", "from activities.stock import StockKeeping"),
    ],
)
def test_an_arrow_that_points_down_is_none_of_its_business(file: str, source: str) -> None:
    assert faults(file, source) == []
