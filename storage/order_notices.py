"""What an order's owner is told of it, in words that name the thing and the shop (S27, S28, S52)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.asking import Price
from domain.notices import Notice, NoticeKind, notice_uuid
from domain.orders import OrderState, Progress
from domain.prices import written
from domain.process import OrderUpdate
from storage import decisions, notices
from storage.tables import Charge, NoticeRow, OrderRow, Retailer

_KINDS = {
    OrderState.AWAITING_APPROVAL: NoticeKind.ORDER_AWAITING_APPROVAL,
    OrderState.CHARGE_FAILED: NoticeKind.ORDER_CHARGE_FAILED,
    OrderState.PLACED: NoticeKind.ORDER_PLACED,
    OrderState.PARTIALLY_DISPATCHED: NoticeKind.ORDER_DISPATCHED,
    OrderState.DISPATCHED: NoticeKind.ORDER_DISPATCHED,
    OrderState.PARTIALLY_DELIVERED: NoticeKind.ORDER_DELIVERED,
    OrderState.DELIVERED: NoticeKind.ORDER_DELIVERED,
    OrderState.UNKNOWN: NoticeKind.ORDER_STOPPED,
    OrderState.REJECTED: NoticeKind.ORDER_STOPPED,
    OrderState.LAPSED: NoticeKind.ORDER_STOPPED,
}


async def add(session: AsyncSession, change: OrderUpdate) -> UUID | None:
    """The notice of this change, if it is worth one; called before the change itself is recorded.

    A change that was recorded earlier adds nothing and answers the notice that it then got, to be told again.
    """
    kind = _kind(change)
    if kind is None:
        return None
    uuid = notice_uuid(kind, change.order, change.version)
    order, shop = (
        await session.execute(
            select(OrderRow, Retailer.name)
            .join(Retailer, Retailer.uuid == OrderRow.retailer)
            .where(OrderRow.uuid == change.order)
        )
    ).one()
    if order.version >= change.version:
        return uuid if await session.get(NoticeRow, uuid) is not None else None
    if not change.overdue and not _is_news(order, change.progress):
        return None
    substitute = change.progress.substitute
    price = order.unit_price if substitute is None else substitute.unit_price
    why = await decisions.that_ordered(session, order.item, order.uuid, order.needed_at)
    ends_early = kind is NoticeKind.ORDER_STOPPED and change.progress.delivered_packs
    sentence = await _rest(session, order, shop, change) if ends_early else _sentence(kind, order, shop, change)
    notice = Notice(
        uuid=uuid,
        account=change.account,
        kind=kind,
        at=change.at,
        sentence=sentence,
        data={
            "order": str(change.order),
            "item": str(change.item),
            "retailer": str(order.retailer),
            "retailerName": shop,
            "status": change.progress.state,
            "sku": order.sku,
            "name": order.name,
            "substitute": None if substitute is None else {"sku": substitute.sku, "name": substitute.name},
            "packs": order.packs,
            "dispatchedPacks": change.progress.dispatched_packs,
            "deliveredPacks": change.progress.delivered_packs,
            "total": written(order.packs * price, order.currency),
            "currency": order.currency,
            "reason": change.reason,
            "why": None if why is None else why.sentence,
        },
    )
    await notices.add(session, notice)
    return uuid


def _kind(change: OrderUpdate) -> NoticeKind | None:
    progress = change.progress
    if change.overdue:
        return NoticeKind.ORDER_OVERDUE
    if progress.state is OrderState.ACCEPTED and progress.substitute is not None:
        return NoticeKind.ORDER_SUBSTITUTED
    return _KINDS.get(progress.state)


def _is_news(order: OrderRow, progress: Progress) -> bool:
    """An order that Temporal had lost comes back with a new version of the same state, which its owner has heard of."""
    if progress.substitute != order.substitute:
        return True
    written = (order.state, order.dispatched_packs, order.delivered_packs)
    return written != (progress.state, progress.dispatched_packs, progress.delivered_packs)


def _sentence(kind: NoticeKind, order: OrderRow, shop: str, change: OrderUpdate) -> str:
    cost = Price(amount=order.packs * order.unit_price, currency=order.currency)
    whole = f"{_packs(order.packs)} of {order.name} from {shop} for {cost}."
    match kind:
        case NoticeKind.ORDER_AWAITING_APPROVAL:
            return f"Waits for your approval: {whole}{_because(change.reason)}"
        case NoticeKind.ORDER_CHARGE_FAILED:
            return f"The payment failed, so nothing was ordered: {whole}{_because(change.reason)}"
        case NoticeKind.ORDER_STOPPED:
            unknown = change.progress.state is OrderState.UNKNOWN
            nobody_knows = f"Nobody knows whether {shop} has it, so it counts as on order until you end it"
            how = nobody_knows if unknown else "Ended without its delivery"
            return f"{how}: {whole}{_because(change.reason)}"
        case NoticeKind.ORDER_OVERDUE:
            return f"Not here yet: {whole}{_because(change.reason)}"
        case NoticeKind.ORDER_PLACED:
            return f"Ordered: {whole}"
        case _:
            return _reported(kind, order, shop, change)


async def _rest(session: AsyncSession, order: OrderRow, shop: str, change: OrderUpdate) -> str:
    """A part has come and the rest never will; what was paid for that goes back."""
    progress = change.progress
    paid = await session.scalar(select(Charge.amount).where(Charge.order == order.uuid))
    price = order.unit_price if progress.substitute is None else progress.substitute.unit_price
    back = Price(amount=(paid or 0) - progress.delivered_packs * price, currency=order.currency)
    part = f"{_part(progress.delivered_packs, order)} of {_coming(order, progress)} from {shop} came, the rest will not"
    return f"{part}{f'; {back} goes back' if back.amount > 0 else ''}.{_because(change.reason)}"


def _coming(order: OrderRow, progress: Progress) -> str:
    return order.name if progress.substitute is None else progress.substitute.name


def _reported(kind: NoticeKind, order: OrderRow, shop: str, change: OrderUpdate) -> str:
    progress = change.progress
    coming = _coming(order, progress)
    if kind is NoticeKind.ORDER_SUBSTITUTED:
        return f"{shop} sends {coming} instead of {order.name}.{_because(change.reason)}"
    if kind is NoticeKind.ORDER_DISPATCHED:
        return f"On its way from {shop}: {_part(progress.dispatched_packs, order)} of {coming}."
    return f"Delivered by {shop}: {_part(progress.delivered_packs, order)} of {coming}."


def _because(reason: str | None) -> str:
    return f" {reason[0].upper()}{reason[1:].removesuffix('.')}." if reason else ""


def _part(packs: int, order: OrderRow) -> str:
    return _packs(packs) if packs >= order.packs else f"{packs} of {_packs(order.packs)}"


def _packs(number: int) -> str:
    return "1 pack" if number == 1 else f"{number} packs"
