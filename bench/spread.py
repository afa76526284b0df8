"""From saving a rule that covers many items until each of them is judged by the new version, against bare signals."""

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select, update

from bench.bare import bare
from bench.databases import Kind
from bench.figures import Aim, Pairs, Report, said
from bench.household import Household, move_in, opened
from bench.http_lines import Line
from bench.load import PATIENCE, reports_to_bare
from bench.processes import larder
from domain.identity import new_uuid
from storage.database import Database
from storage.tables import DecisionRow, Item, Product, Rule

PAUSE = 0.1
MOST_BARE = 1_000  # a rate needs no more
PATIENCE_PER_ITEM = 0.1


async def measure(home: Path, url: str, kind: Kind, rounds: int, items: int) -> Report:
    """A new version of the rule in each round, on so many items that have all been judged before."""
    rates, answers, seconds = Pairs(), list[float](), list[float]()
    async with larder(home, url) as processes, opened(url) as db, bare(processes.address) as side:
        household = await move_in(db, items)
        product = await _of_one_product(db, household)
        async with Line(processes.api_ports[0]) as line:
            await line.json("/rules", _rule(1) | {"product": str(product)}, household.token)
        rule = await _made(db, product)
        # every workflow is started by then
        await _judged(db, rule, 1, items)
        few = min(items, MOST_BARE)
        await reports_to_bare(side, few, few)
        for version in range(2, rounds + 2):
            bare_rates = await reports_to_bare(side, few, few)
            async with Line(processes.api_ports[0]) as line:
                started = time.perf_counter()
                body = json.dumps(_rule(version)).encode()
                await line.put(f"/rules/{rule}", "application/json", body, household.token)
                answers.append(time.perf_counter() - started)
            await _judged(db, rule, version, items)
            seconds.append(time.perf_counter() - started)
            rates.add(bare_rates.settled, items / seconds[-1])
    answered, lasted = sorted(answers)[rounds // 2] * 1_000, sorted(seconds)[rounds // 2]
    return Report(
        f"A rule on many items, {kind}",
        [rates.figure(f"items on the new version of a rule on {items:,} of them", "/s", Aim(0.3))],
        [
            f"All of them after {said(lasted, 's')}; saving it was answered after {said(answered, 'ms')}. {rounds} "
            "rounds. Bare: a client that signals with start, 32 at a time, workflows with an empty local activity."
        ],
    )


def _rule(version: int) -> dict[str, object]:
    return {"name": "Low", "when": f"{version} left", "then": {"notify": True}}


async def _of_one_product(db: Database, household: Household) -> UUID:
    uuid, now = new_uuid(), datetime.now(UTC)
    at = {"created_at": now, "updated_at": now}
    async with db.writing() as session:
        session.add(Product(uuid=uuid, account=household.account, name="Oat cookies", unit="piece", **at))
        await session.flush()
        await session.execute(update(Item).where(Item.account == household.account).values(product=uuid))
    return uuid


async def _made(db: Database, product: UUID) -> UUID:
    async with db.reading() as session:
        return (await session.scalars(select(Rule.uuid).where(Rule.product == product))).one()


async def _judged(db: Database, rule: UUID, version: int, items: int) -> None:
    """Return when so many items have been judged by that version."""
    query = select(func.count()).where(DecisionRow.id == f"change:{rule}:{version}")
    async with asyncio.timeout(PATIENCE + PATIENCE_PER_ITEM * items):
        while True:
            async with db.reading() as session:
                if (await session.scalar(query) or 0) >= items:
                    return
            await asyncio.sleep(PAUSE)
