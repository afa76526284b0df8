"""The history of an account: facts, decisions, orders and money, with filters, pages and CSV (S24, S9)."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from api.history import COLUMNS
from domain.orders import OrderState
from storage import history
from storage.tables import Charge
from tests.api.direct import Home, Household

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", 'a,"b"']


@pytest.fixture
async def past(household: Household) -> Household:
    """Two items, one of which was ordered, charged and refunded; a minute passes before each thing that happens."""
    desk = household.home.desk
    desk.moment = START
    try:
        jar, flour = await household.item(level=12), await household.item("Flour", unit="g", level=1000)
        await household.tracking(jar, triggerLevel=5, order=household.an_order())
        for level in (9, 7, 5):
            desk.moment += timedelta(minutes=1)
            await household.v2(data=household.form | {"level": str(level)})
            await household.user.post(f"/items/{flour['uuid']}/facts", {"facts": [{"kind": "used", "quantity": 100}]})
        (order,) = (await household.user.get("/orders")).json()["data"]
        desk.moment += timedelta(minutes=1)
        await desk.is_placed(UUID(order["uuid"]))
        await charged(household, order, desk.moment)
    finally:
        desk.moment = None
    return household


async def charged(household: Household, order: Any, at: datetime) -> None:
    """The order was paid, and then was not."""
    paid = Decimal("3.49")
    row = {"provider": "on-account", "amount": paid, "currency": "EUR", "state": "refunded", "refunded": paid}
    async with household.home.parts.db.writing() as session:
        session.add(Charge(order=UUID(order["uuid"]), charged_at=at, refunded_at=at + timedelta(minutes=1), **row))


async def walk(household: Household, **query: Any) -> list[Any]:
    """Every entry, page by page."""
    found, cursor = [], None
    while True:
        answer = await household.user.get("/history", **query, **({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found += answer.json()["data"]
        cursor = answer.json()["nextCursor"]
        if cursor is None:
            return found


async def test_everything_is_in_one_list_newest_first(past: Household) -> None:
    entries = await walk(past)
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
    assert {entry["kind"] for entry in entries} == {"fact", "decision", "order", "money"}
    refund, charge = [entry for entry in entries if entry["kind"] == "money"]
    assert (refund["what"], charge["what"], charge["amount"], charge["currency"]) == (
        "refunded",
        "charged",
        "3.49",
        "EUR",
    )
    assert entries[0] == refund
    states = [entry["what"] for entry in entries if entry["kind"] == "order"]
    assert states == ["placed", "needed"]
    counts = [entry for entry in entries if entry["what"] == "counted" and entry["itemName"] == "Cookies"]
    assert [entry["quantity"] for entry in counts] == [5, 7, 9, 12]
    assert counts[0]["device"] == past.device.shown["uuid"]
    ordered = [entry for entry in entries if entry["what"] == "ordered" and entry["kind"] == "decision"]
    assert ordered[0]["order"] == charge["order"]
    assert ordered[0]["sentence"]


@pytest.mark.parametrize("limit", [1, 2, 7])
async def test_pages_of_any_size_make_the_same_list(past: Household, limit: int) -> None:
    assert await walk(past, limit=limit) == await walk(past, limit=100)


async def test_filters_choose_by_item_kind_and_period(past: Household) -> None:
    entries = await walk(past)
    flour = next(entry["item"] for entry in entries if entry["itemName"] == "Flour")
    assert await walk(past, item=flour) == [entry for entry in entries if entry["item"] == flour]
    for kind in ("fact", "decision", "order", "money"):
        assert await walk(past, kind=kind, limit=3) == [entry for entry in entries if entry["kind"] == kind]
    since, until = START + timedelta(minutes=1), START + timedelta(minutes=3)
    chosen = await walk(past, **{"from": since.isoformat(), "to": until.isoformat(), "limit": 2})
    within = [each for each in entries if since <= datetime.fromisoformat(each["at"]) < until]
    assert chosen == within
    assert len(chosen) > 4
    assert await walk(past, item=str(uuid4())) == []


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"from": "2026-03-01"}, "from"),
        ({"to": "2026-03-01T12:00:00"}, "to"),
        ({"kind": "gossip"}, "kind"),
        ({"item": "x"}, "item"),
        ({"format": "xml"}, "format"),
        ({"cursor": "AAAA"}, "cursor"),
        ({"cursor": "MjAyNi0wMy0wMVQxMjowMDowMB9mYWN0HzAxOTIwYjNjLTZmNmEtNzAwMC04MDAwLTAwMDAwMDAwMDAwMh8x"}, "cursor"),
    ],
)
async def test_a_wrong_filter_is_named(paired: Household, query: dict[str, str], place: str) -> None:
    answer = await paired.user.get("/history", **query)
    assert (answer.status_code, list(answer.json()["data"])) == (400, [place])


async def test_the_same_list_is_there_as_csv(past: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "AT_ONCE", 3)  # so that it takes many reads
    answer = await past.user.call("GET", "/history", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    header, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    assert tuple(header) == COLUMNS
    entries = await walk(past)
    assert [row[:4] for row in rows] == [[e["at"], e["kind"], e["what"], e["item"]] for e in entries]
    assert [row[5] for row in rows] == ["" if e["quantity"] is None else f"{e['quantity']:g}" for e in entries]
    asked = await past.user.get("/history", format="csv", kind="money")
    assert len(asked.text.splitlines()) == 3
    assert "\r\n" in asked.text


async def test_no_cell_is_a_formula(household: Household) -> None:
    for name in EVIL:
        await household.item(name, level=1)
    answer = await household.user.get("/history", format="csv", kind="fact")
    cells = {row["itemName"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))}
    assert cells == {"'=1+1", "'+1", "'-1", "'@SUM(A1)", "x", 'a,"b"'}


async def test_another_households_past_is_not_shown(past: Household) -> None:
    other = await past.home.a_household()
    assert await walk(other) == []
    item = (await past.user.get("/items")).json()["data"][0]["uuid"]
    assert await walk(other, item=item) == []
    assert len((await other.user.get("/history", format="csv")).text.splitlines()) == 1
    for caller, status in ((past.device, 403), (past.shop, 403), (past.home.nobody, 401)):
        assert (await caller.get("/history")).status_code == status


async def test_the_number_of_items_adds_no_statement(home: Home, household: Household) -> None:
    async def statements() -> int:
        seen: list[str] = []
        engine = home.parts.db._readers.sync_engine
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        try:
            assert (await household.user.get("/history")).status_code == 200
        finally:
            event.remove(engine, "before_cursor_execute", listener)
        return len([each for each in seen if "SELECT" in each])

    await household.item(level=1)
    few = await statements()
    for number in range(5):
        await household.item(f"Item {number}", level=number)
    assert await statements() == few


async def test_deleted_items_stay_in_the_history(household: Household) -> None:
    item = await household.item("Gone", level=1)
    await household.user.call("DELETE", f"/items/{item['uuid']}")
    assert {entry["itemName"] for entry in await walk(household)} == {"Gone"}
    assert OrderState.NEEDED not in {entry["what"] for entry in await walk(household)}
