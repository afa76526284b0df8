"""What customers are billed for their orders, how, and what goes back to them (S51)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.orders import NOT_YET_AT_THE_RETAILER, OrderState
from storage.database import insert_new
from storage.tables import Charge, ChargeNote, OrderRow, PaymentMethod, User

# made once, for every order
_TO_BILL = (
    select(OrderRow, Charge, PaymentMethod, User.live)
    .join(User, User.uuid == OrderRow.account)
    .outerjoin(Charge, Charge.order == OrderRow.uuid)
    .outerjoin(PaymentMethod, (PaymentMethod.account == OrderRow.account) & PaymentMethod.is_default)
    .where(OrderRow.uuid == bindparam("order"))
)


_FORGOTTEN = {"token": None, "customer": None}
"""Once a charge is settled, nobody has to look for it any more."""


class ChargeState(StrEnum):
    """How a charge stands; `charging` and `refunding` while nobody knows what the provider did."""

    CHARGING = "charging"
    CHARGED = "charged"
    DECLINED = "declined"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


@dataclass(frozen=True)
class ToBill:
    """An order's price and how to pay it: as its charge was begun, else by what is the account's default now."""

    provider: str
    token: str | None
    amount: Decimal
    currency: str
    charge: Charge | None


async def to_bill(session: AsyncSession, order: UUID, by_default: str, in_sandbox: str) -> ToBill:
    """What an order is billed by: `by_default` is the provider of an account without payment methods, and `in_sandbox`
    that of every sandbox.
    """
    row, charge, method, live = (await session.execute(_TO_BILL, {"order": order})).one()
    if charge is not None:
        return ToBill(charge.provider, charge.token, charge.amount, charge.currency, charge)
    provider, token = (by_default, None) if method is None else (method.provider, method.token)
    if live is not None:
        provider, token = in_sandbox, None
    return ToBill(provider, token, row.packs * row.unit_price, row.currency, None)


async def begin(
    session: AsyncSession, order: UUID, bill: ToBill, amount: Decimal, at: datetime, *, customer: str | None
) -> Charge:
    """Note a charge before its provider is asked for it; answers the one that was begun, be it by somebody else."""
    begun = {"state": ChargeState.CHARGING, "customer": customer}
    await insert_new(session, Charge, [_row(order, bill, amount, at) | begun])
    await session.execute(
        update(OrderRow)
        .where(OrderRow.uuid == order, OrderRow.state.in_(NOT_YET_AT_THE_RETAILER))
        .values(state=OrderState.CHARGING)
    )
    return await session.get_one(Charge, order)


async def refuse(
    session: AsyncSession, order: UUID, bill: ToBill, amount: Decimal, at: datetime, *, reason: str
) -> bool:
    """Note a charge that cannot be begun; False where somebody else has begun it."""
    refused = {"state": ChargeState.DECLINED, "reason": reason, **_FORGOTTEN}
    row = _row(order, bill, amount, at) | refused
    return bool(await insert_new(session, Charge, [row], returning=Charge.order))


async def charged(
    session: AsyncSession, order: UUID, bill: ToBill, amount: Decimal, *, reference: str | None, at: datetime
) -> None:
    """The customer has paid; written once, whether it was noted before or not."""
    settled = {"state": ChargeState.CHARGED, "reference": reference, **_FORGOTTEN, "charged_at": at}
    row = _row(order, bill, amount, at) | settled
    if not await insert_new(session, Charge, [row], returning=Charge.order):
        await _settle(session, order, settled)


async def declined(session: AsyncSession, order: UUID, reason: str) -> None:
    """The customer has not paid."""
    await _settle(session, order, {"state": ChargeState.DECLINED, "reason": reason, **_FORGOTTEN})


async def get(session: AsyncSession, order: UUID) -> Charge | None:
    """The charge of an order."""
    return await session.get(Charge, order)


async def begin_refund(session: AsyncSession, order: UUID, amount: Decimal) -> None:
    """Note how much is to go back, before the provider is asked."""
    await session.execute(
        update(Charge)
        .where(Charge.order == order, Charge.state == ChargeState.CHARGED)
        .values(state=ChargeState.REFUNDING, refunded=amount)
    )


async def refunded(session: AsyncSession, order: UUID, at: datetime) -> None:
    """It has gone back."""
    await session.execute(
        update(Charge)
        .where(Charge.order == order, Charge.state == ChargeState.REFUNDING)
        .values(state=ChargeState.REFUNDED, refunded_at=at)
    )


async def note(session: AsyncSession, told: Mapping[str, object], *, reference: str, order: UUID | None) -> bool:
    """What the provider told of a charge, once for each event; False when no charge of ours is meant."""
    found = await session.scalar(select(Charge.order).where(Charge.reference == reference))
    if found is None and order is not None:
        found = await session.scalar(select(Charge.order).where(Charge.order == order, Charge.reference.is_(None)))
    if found is None:
        return False
    await insert_new(session, ChargeNote, [{**told, "order": found}])
    return True


def _row(order: UUID, bill: ToBill, amount: Decimal, at: datetime) -> dict[str, object]:
    return {
        "order": order,
        "provider": bill.provider,
        "token": bill.token,
        "amount": amount,
        "currency": bill.currency,
        "charged_at": at,
    }


async def _settle(session: AsyncSession, order: UUID, values: Mapping[str, object]) -> None:
    await session.execute(
        update(Charge).where(Charge.order == order, Charge.state == ChargeState.CHARGING).values(**values)
    )
