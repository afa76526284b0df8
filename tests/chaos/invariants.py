"""The invariants I1-I7, read from the database, the retailer's book, the logs and Temporal's histories."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from temporalio.client import Client

from domain.facts import Arrival, Fact
from domain.fold import after
from domain.identity import order_uuid
from domain.item import ItemState
from domain.orders import ENDED, NOT_YET_AT_THE_RETAILER, OrderState
from domain.stock import Stock
from simulator.retailer import ScriptedRetailer
from storage.database import open_database
from storage.tables import FactRow, Item, ItemMemory, OrderEvent, OrderRow
from tests.replay.stored import of_history

_S = OrderState
_LEAVING = {_S.PARTIALLY_DISPATCHED, _S.DISPATCHED, _S.PARTIALLY_DELIVERED, _S.DELIVERED, _S.REJECTED}
_ON_THE_WAY = _LEAVING | {_S.ACCEPTED}
REACHABLE: Mapping[OrderState, set[OrderState]] = {
    _S.NEEDED: {_S.AWAITING_APPROVAL, _S.PLACED, _S.CANCELLED, _S.CHARGE_FAILED, _S.UNKNOWN} | _ON_THE_WAY,
    _S.AWAITING_APPROVAL: {_S.REFUSED, _S.CANCELLED, _S.PLACED, _S.CHARGE_FAILED, _S.UNKNOWN} | _ON_THE_WAY,
    _S.PLACED: {_S.PLACED, _S.CANCELLED, _S.NEVER_CAME} | _ON_THE_WAY,
    _S.UNKNOWN: {_S.NEVER_CAME} | _ON_THE_WAY,
    _S.ACCEPTED: {_S.ACCEPTED, _S.NEVER_CAME} | _ON_THE_WAY,
    _S.PARTIALLY_DISPATCHED: {_S.NEVER_CAME} | _LEAVING,
    _S.DISPATCHED: {_S.NEVER_CAME} | _LEAVING - {_S.PARTIALLY_DISPATCHED, _S.DISPATCHED},
    _S.PARTIALLY_DELIVERED: {_S.NEVER_CAME} | _LEAVING,
}
"""I5: which state an order may be in after which (contract 1.K, 1.N)."""


async def assert_ledger(
    database_url: str,
    retailer: ScriptedRetailer | None,
    *,
    account: UUID,
    acknowledged: Mapping[str, Iterable[str]],
    client: Client,
    logs: str,
    canaries: Iterable[str],
) -> int:
    """Check I1-I7 for one account and answer how many orders it has.

    `acknowledged` are the ids of the facts that were answered with 201, by item. A retailer that pulls has no book to
    compare with (I4, I6), and without canaries nothing is looked for in the histories (I7).
    """
    db = open_database(database_url)
    try:
        async with db.reading() as session:
            orders = list(await session.scalars(select(OrderRow).where(OrderRow.account == account)))
            history = select(OrderEvent).join(OrderRow).where(OrderRow.account == account)
            events = list(await session.scalars(history.order_by(OrderEvent.order, OrderEvent.version)))
            capacities = {
                row.uuid: row.capacity for row in await session.scalars(select(Item).where(Item.account == account))
            }
            ledger = select(FactRow).where(FactRow.item.in_(capacities)).order_by(FactRow.observed_at, FactRow.arrival)
            facts = list(await session.scalars(ledger))
            remembered = select(ItemMemory).where(ItemMemory.item.in_(capacities))
            memories = {row.item: row.state for row in await session.scalars(remembered)}
    finally:
        await db.dispose()
    _one_order_per_need(orders)
    _levels_are_the_fold(facts, memories, capacities)
    _acknowledged_is_stored(facts, acknowledged)
    _states_are_reachable(events)
    if retailer is not None:
        _ledger_is_the_book(orders, retailer)
        _bodies_never_differ(retailer)
    if secrets := list(canaries):
        await _no_secret_shows(client, logs, secrets)
    return len(orders)


def _one_order_per_need(orders: list[OrderRow]) -> None:
    assert len({(order.item, order.need) for order in orders}) == len(orders), "I1: two orders for one need"
    for order in orders:
        assert order.uuid == order_uuid(order.item, order.need), "I1: an order whose id is not its need's"


def _levels_are_the_fold(facts: list[FactRow], memories: Mapping[UUID, str], capacities: Mapping[UUID, object]) -> None:
    by_item: dict[UUID, Stock] = defaultdict(Stock)
    for row in facts:
        if not row.folded:
            continue
        stock = by_item[row.item].model_copy(update={"capacity": capacities[row.item]})
        fact = Fact.model_validate_json(row.fact).model_copy(update={"observed_at": row.observed_at})
        by_item[row.item] = after(stock, Arrival(fact=fact, at=row.arrived_at))
    for item, stock in by_item.items():
        kept = ItemState.model_validate_json(memories[item]).stock
        assert kept == stock, f"I2: item {item} remembers another stock than its facts give"


def _acknowledged_is_stored(facts: list[FactRow], acknowledged: Mapping[str, Iterable[str]]) -> None:
    stored = {(str(row.item), row.id) for row in facts}
    missing = [(item, fact) for item, ids in acknowledged.items() for fact in ids if (item, fact) not in stored]
    assert not missing, f"I3: acknowledged and lost: {missing}"


def _ledger_is_the_book(orders: list[OrderRow], retailer: ScriptedRetailer) -> None:
    not_sent = NOT_YET_AT_THE_RETAILER | {OrderState.PLACING, OrderState.REFUSED, OrderState.CANCELLED}
    sent = {str(order.uuid) for order in orders if OrderState(order.state) not in not_sent}
    booked = [entry.order["uuid"] for entry in retailer.book.values()]
    assert len(set(booked)) == len(booked), "I1: an order booked twice"
    assert sent == set(booked), f"I4: ledger and book differ: {sent ^ set(booked)}"


def _states_are_reachable(events: list[OrderEvent]) -> None:
    last: dict[UUID, OrderState] = {}
    for event in events:
        state, before = OrderState(event.state), last.get(event.order)
        if before is None:
            assert state is OrderState.NEEDED, f"I5: order {event.order} began as {state}"
        else:
            assert before not in ENDED, f"I5: order {event.order} went on after {before}"
            assert state in REACHABLE[before], f"I5: order {event.order} went from {before} to {state}"
        last[event.order] = state


def _bodies_never_differ(retailer: ScriptedRetailer) -> None:
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for request in retailer.requests:
        bodies[request.key or ""].add(request.body)
    assert all(len(versions) == 1 for versions in bodies.values()), "I6: one key with two bodies"


async def _no_secret_shows(client: Client, logs: str, canaries: Iterable[str]) -> None:
    histories = [of_history("history", await history).text async for history in _histories(client)]
    assert any("Cookies" in history for history in histories), "I7: the histories cannot be read"
    for canary in canaries:
        assert canary not in logs, "I7: a secret in the logs"
        assert not any(canary in history for history in histories), "I7: a secret in a history"


async def _histories(client: Client):  # type: ignore[no-untyped-def] # an async iterator of coroutines, used just above
    async for execution in client.list_workflows():
        yield client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
