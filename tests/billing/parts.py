"""An order that is to be paid for, and who pays for it, as rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from pydantic import SecretStr

from activities.billing import Billing
from billing.providers import providers
from domain.identity import new_uuid, order_uuid
from domain.orders import Approval, OrderState
from domain.process import OrderBrief
from failpoints import Failpoints
from storage import charges
from storage.database import Database
from storage.secrets import Secrets
from storage.tables import Charge, Item, OrderRow, PaymentMethod, Retailer, User
from tests.billing.stripe_server import KEY

SECRETS = Secrets("k" * 32)


@asynccontextmanager
async def billing(db: Database, stripe_url: str, failpoints: Failpoints | None = None) -> AsyncIterator[Billing]:
    """The activities, with Stripe there."""
    found = providers(SecretStr(KEY), stripe_url)
    try:
        yield Billing(db, found, SECRETS, failpoints or Failpoints())
    finally:
        for provider in found.values():
            await provider.aclose()


async def an_order(
    db: Database, token: str | None, *, packs: int = 3, price: str = "3.49", currency: str = "EUR"
) -> OrderBrief:
    """An order of its own household, which pays by card if there is a token."""
    now, account, item, retailer = datetime.now(UTC), new_uuid(), new_uuid(), new_uuid()
    order = order_uuid(item, 1)
    made = {"created_at": now, "updated_at": now}
    async with db.writing() as session:
        session.add(
            User(
                uuid=account,
                email=f"{uuid4().hex}@example.com",
                name="Ada",
                password_hash="",
                time_zone="UTC",
                currency=currency,
                **made,
            )
        )
        session.add(
            Retailer(uuid=retailer, name="Corner Shop", contact_email="a@example.com", signing_secret="", **made)
        )
        await session.flush()
        session.add(Item(uuid=item, account=account, name="Cookies", unit="piece", version=1, **made))
        await session.flush()
        session.add(
            OrderRow(
                uuid=order,
                account=account,
                item=item,
                need=1,
                retailer=retailer,
                sku="cookies-12",
                name="Oat cookies",
                packs=packs,
                pack_size=Decimal(12),
                unit_price=Decimal(price),
                currency=currency,
                state=OrderState.NEEDED,
                steps="",
                dispatched_packs=0,
                delivered_packs=0,
                version=0,
                needed_at=now,
                updated_at=now,
            )
        )
    if token is not None:
        await pays_with(db, account, token)
    return OrderBrief(
        order=order,
        item=item,
        account=account,
        need=1,
        needed_at=now,
        retailer=retailer,
        sku="cookies-12",
        packs=packs,
        pack_size=Decimal(12),
        approval=Approval.NOT_NEEDED,
        summary="3 packs of Oat cookies",
    )


async def pays_with(db: Database, account: UUID, token: str) -> None:
    """From now on the account's default is this card."""
    now = datetime.now(UTC)
    row = PaymentMethod(uuid=new_uuid(), account=account, provider="stripe", name="Card", token=SECRETS.seal(token))
    row.is_default, row.created_at, row.updated_at = True, now, now
    async with db.writing() as session:
        session.add(row)


async def charge_of(db: Database, order: UUID) -> Charge:
    """What is written down."""
    async with db.reading() as session:
        charge = await charges.get(session, order)
    assert charge is not None
    return charge
