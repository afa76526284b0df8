"""What is read at each settle and told page by page is found by an index, however many rules and items there are."""

from typing import Any

import pytest
from sqlalchemy import Executable, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.changes import Covers
from domain.identity import new_uuid
from storage import covered, ledger
from storage.database import Database

ITEM, ACCOUNT, PRODUCT = new_uuid(), new_uuid(), new_uuid()
WHERE = {"item": ITEM, "account": ACCOUNT, "product": PRODUCT, "location": "Fridge"}


async def plan(session: AsyncSession, statement: Any) -> list[str]:
    """How the database would go about it, if reading whole tables were dear."""
    bind = session.get_bind()
    said = str(statement.compile(dialect=bind.dialect, compile_kwargs={"literal_binds": True}))
    how = "EXPLAIN QUERY PLAN" if bind.dialect.name == "sqlite" else "EXPLAIN"
    if bind.dialect.name == "postgresql":
        await session.execute(text("SET LOCAL enable_seqscan = off"))
    rows = await session.execute(text(f"{how} {said}".replace(":", r"\:")))
    return [str(row[-1]) for row in rows]


def whole_tables(lines: list[str]) -> list[str]:
    return [
        line
        for line in lines
        if line.strip().startswith(("SCAN rules", "SCAN items", "SCAN item_")) or "Seq Scan" in line
    ]


@pytest.mark.parametrize("statement", [ledger.IN_FORCE, ledger.REMEMBERED], ids=["in force", "remembered"])
async def test_the_rules_in_force_on_an_item_are_found_by_three_indexes(db: Database, statement: Any) -> None:
    async with db.reading() as session:
        lines = await plan(session, statement.params(**WHERE))
    assert whole_tables(lines) == []
    for index in ("ix_rules_item", "ix_rules_product", "ix_rules_account_location"):
        assert any(index in line for line in lines), lines


@pytest.mark.parametrize(
    ("covers", "index"),
    [(Covers(product=PRODUCT), "ix_items_product"), (Covers(location="Fridge"), "ix_items_account_location")],
    ids=["product", "location"],
)
async def test_the_pages_of_what_a_rule_covers_are_found_by_an_index(db: Database, covers: Covers, index: str) -> None:
    statement: Executable = covered.page(ACCOUNT, covers, ITEM, 10)
    async with db.reading() as session:
        lines = await plan(session, statement)
    assert whole_tables(lines) == []
    assert any(index in line for line in lines), lines
