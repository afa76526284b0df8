"""Bill, then send: the charge of an order, and what goes back of it (S51, docs/decisions/0018)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from billing.port import Bill, Charged, Declined, Provider, TryLater
from billing.providers import ON_ACCOUNT, SANDBOX
from domain.process import Billed, OrderBrief, Returning
from failpoints import Failpoints
from storage import charges
from storage.charges import ChargeState, ToBill
from storage.database import Database
from storage.secrets import Secrets
from storage.tables import Charge, OrderRow


@dataclass(frozen=True)
class Billing:
    """Everything about an order's money; the order's uuid is the key of the charge, `refund:` and it of the refund."""

    db: Database
    providers: Mapping[str, Provider]
    secrets: Secrets
    failpoints: Failpoints

    @activity.defn
    async def charge(self, brief: OrderBrief) -> Billed:
        """Bill the customer by the account's default way before anything is sent; fails, to be retried, until settled.

        What is kept elsewhere is noted here first, with whom it is charged to: a repeat finds what was begun by that,
        and asks with the same words under the same key.
        """
        async with self.db.reading() as session:
            found = await charges.to_bill(session, brief.order, ON_ACCOUNT, SANDBOX)
        if (settled := _settled(found.charge)) is not None:
            return settled
        provider = self._provider(found.provider)
        amount = provider.payable(found.amount, found.currency)
        bill = self._bill(brief.order, found, amount, again=found.charge is not None)
        try:
            begun = await self._begun(provider, found, bill)
            if isinstance(begun, Declined):
                return Billed(charged=False, reason=begun.reason)
            answer = await provider.charge(begun)
        except TryLater as later:
            raise _later(later) from None
        self.failpoints.reach("charged")
        async with self.db.writing() as session:
            if isinstance(answer, Charged):
                reference, at = answer.reference, datetime.now(UTC)
                await charges.charged(session, brief.order, found, amount, reference=reference, at=at)
                return Billed(charged=True)
            await charges.declined(session, brief.order, answer.reason)
        return Billed(charged=False, reason=answer.reason)

    async def _begun(self, provider: Provider, found: ToBill, bill: Bill) -> Bill | Declined:
        """The bill of a charge that is noted where it has to be; one that cannot be made is noted as that."""
        if not provider.elsewhere or bill.again:
            return bill
        customer, now = await provider.customer(bill), datetime.now(UTC)
        async with self.db.writing() as session:
            if isinstance(customer, Declined):
                noted = await charges.refuse(session, bill.key, found, bill.amount, now, reason=customer.reason)
            else:
                begun = await charges.begin(session, bill.key, found, bill.amount, now, customer=customer)
                noted = begun.token == found.token
        if not noted:  # another attempt of this very activity was faster
            raise TryLater("Another attempt has begun to charge.")
        return customer if isinstance(customer, Declined) else replace(bill, customer=begun.customer)

    @activity.defn
    async def refund(self, due: Returning) -> None:
        """Give back, once, what was paid for packs that never came or were cheaper; fails, to be retried, till settled.

        A charge of which nobody knows whether it was made is settled first, so that it is not made any more.
        """
        async with self.db.reading() as session:
            found = await charges.to_bill(session, due.order, ON_ACCOUNT, SANDBOX)
            order = await session.get_one(OrderRow, due.order)
        if found.charge is None:
            return
        provider = self._provider(found.provider)
        try:
            if found.charge.state == ChargeState.CHARGING:
                await self._abandon(provider, due.order, found)
            await self._give_back(provider, due, order)
        except TryLater as later:
            raise _later(later) from None

    async def _abandon(self, provider: Provider, order: UUID, found: ToBill) -> None:
        made = await provider.abandon(self._bill(order, found, found.amount, again=True))
        async with self.db.writing() as session:
            if made is not None:
                at = datetime.now(UTC)
                await charges.charged(session, order, found, found.amount, reference=made.reference, at=at)
            else:
                await charges.declined(session, order, "It was given up before it was made.")

    async def _give_back(self, provider: Provider, due: Returning, order: OrderRow) -> None:
        async with self.db.writing() as session:
            charge = await charges.get(session, due.order)
            if charge is None or charge.state not in (ChargeState.CHARGED, ChargeState.REFUNDING):
                return
            again = charge.state == ChargeState.REFUNDING
            kept = provider.payable((order.packs - due.missing_packs) * order.pays, order.currency)
            amount = charge.amount - kept if charge.refunded is None else charge.refunded
            if amount <= 0:
                return
            await charges.begin_refund(session, due.order, amount)
        bill = Bill(key=due.order, amount=charge.amount, currency=charge.currency, again=again)
        await provider.refund(bill, charge.reference, amount)
        async with self.db.writing() as session:
            await charges.refunded(session, due.order, datetime.now(UTC))

    def _provider(self, name: str) -> Provider:
        provider = self.providers.get(name)
        if provider is None:
            raise _later(TryLater(f"This installation has no {name} any more: set its key again."))
        return provider

    def _bill(self, order: UUID, found: ToBill, amount: Decimal, *, again: bool) -> Bill:
        token = None if found.token is None else self.secrets.open(found.token)
        customer = None if found.charge is None else found.charge.customer
        return Bill(key=order, amount=amount, currency=found.currency, token=token, customer=customer, again=again)


def _settled(charge: Charge | None) -> Billed | None:
    if charge is None or charge.state == ChargeState.CHARGING:
        return None
    return Billed(charged=charge.state != ChargeState.DECLINED, reason=charge.reason)


def _later(later: TryLater) -> ApplicationError:
    return ApplicationError(
        later.message, type="TryLater", next_retry_delay=later.after, category=ApplicationErrorCategory.BENIGN
    )
