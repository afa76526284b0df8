"""Buying: the hand-over to the retailer, and every state of the order recorded and told to its item."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

import names
from activities.notifying import Notifier
from activities.telling import ItemTeller
from domain.facts import Fact, FactKind, OrderNews, Source
from domain.process import OrderBrief, OrderUpdate, Placing
from failpoints import Failpoints
from retailers.orders import Booked, Letter, Refused, TryLater, paper_of
from retailers.push import PushRetailer
from storage import order_notices, purchasing
from storage.database import Database
from storage.retailers import signing_secrets
from storage.secrets import Secrets
from storage.tables import OrderRow, PlacingAttempt

_log = structlog.get_logger("larder.worker")


@dataclass(frozen=True)
class Purchasing:
    """Everything an order's workflow needs done; each step carries the order's uuid as its key."""

    db: Database
    client: Client
    teller: ItemTeller
    notifier: Notifier
    push: PushRetailer
    secrets: Secrets
    failpoints: Failpoints

    @activity.defn
    async def place(self, brief: OrderBrief) -> Placing:
        """Hand the order to its retailer, or leave it to be pulled; fails, to be retried, until that is settled.

        A refusal after an attempt whose outcome nobody knows is no rejection (1.N, Unknown outcome). What an
        attempt has settled is not asked again, and every attempt sends the letter of the first, word for word. What a
        sandbox orders is handed to nobody (S65).
        """
        async with self.db.writing() as session:
            found = await purchasing.to_place(session, brief.order)
            url = found.retailer.orders_url
            if url is None or found.in_sandbox:
                found.order.letter = _letter(found)
                return Placing(
                    placed=True, pulled=url is None, reference=purchasing.SANDBOX if found.in_sandbox else None
                )
            earlier = await purchasing.attempts(session, brief.order)
            settled = _settled(found.order, earlier)
            if settled is not None:
                return settled
            number = len(earlier) + 1
            await purchasing.begin_attempt(session, brief.order, number, datetime.now(UTC))
            found.order.letter = _letter(found)
            letter = Letter(order=brief.order, text=found.order.letter)
        newest, *older = [self.secrets.open(sealed) for sealed in signing_secrets(found.retailer, datetime.now(UTC))]
        self.failpoints.reach("attempt_begun")
        outcome = await self.push.place(url, newest, letter, older=older)
        self.failpoints.reach("pushed")
        name, reason = _outcome(outcome)
        reference = outcome.reference if isinstance(outcome, Booked) else None
        async with self.db.writing() as session:
            await purchasing.end_attempt(session, brief.order, number, outcome=name, reason=reason, reference=reference)
        self.failpoints.reach("attempt_ended")
        match outcome:
            case Booked(reference=reference):
                return Placing(placed=True, reference=reference)
            case Refused(reason=why):
                _not_placed(brief, name, why)
                return Placing(placed=False, unknown=purchasing.uncertain(earlier), reason=why)
            case TryLater(reason=why, in_full=in_full, after=after):
                _not_placed(brief, name, in_full or why)
                # the message may become the order's reason, which its household reads
                raise ApplicationError(
                    why,
                    *([in_full] if in_full else []),
                    type="TryLater",
                    next_retry_delay=after,
                    category=ApplicationErrorCategory.BENIGN,
                )

    @activity.defn
    async def may_be_booked(self, brief: OrderBrief) -> bool:
        """Whether the retailer may have the order although no attempt ended well."""
        async with self.db.reading() as session:
            return await purchasing.may_be_booked(session, brief.order)

    @activity.defn
    async def record(self, change: OrderUpdate) -> None:
        """Write one state of the order, then tell its item and its owner.

        Running again writes nothing new and tells again: the item knows the fact, and the notice its workflow.
        """
        async with self.db.writing() as session:
            notice = await order_notices.add(session, change)
            await purchasing.record(session, change)
        self.failpoints.reach("order_recorded")
        if change.news is not None:
            await self._tell_item(change, change.news)
        self.failpoints.reach("order_told")
        if notice is not None:
            await self.notifier.tell([notice])

    async def _tell_item(self, change: OrderUpdate, news: OrderNews) -> None:
        fact = Fact(
            id=f"order:{change.order}:{news.state}:{news.units.normalize():f}",
            kind=FactKind.ORDER,
            observed_at=change.at,
            received_at=change.at,
            source=Source.LARDER,
            order=news,
        )
        await self.teller.tell(change.account, change.item, [fact])

    @activity.defn
    async def belongs_to(self, brief: OrderBrief) -> bool:
        """Whether the order workflow of this id was started for this very need, and not before a restored backup."""
        handle = self.client.get_workflow_handle(names.order_workflow_id(brief.order))
        description = await handle.describe()
        return bool(await description.memo_value(names.NEEDED_AT) == brief.needed_at.isoformat())


def _not_placed(brief: OrderBrief, outcome: str, said: str) -> None:
    _log.warning("order not placed", order=str(brief.order), retailer=str(brief.retailer), outcome=outcome, said=said)


def _letter(found: purchasing.ToPlace) -> str:
    """The order in the words that were used first: what changes later, such as an address, is for later orders."""
    return found.order.letter or paper_of(found.order, found.customer, found.address).letter().text


def _settled(order: OrderRow, earlier: Sequence[PlacingAttempt]) -> Placing | None:
    match earlier:
        case [*_, PlacingAttempt(outcome=purchasing.BOOKED)]:
            return Placing(placed=True, reference=order.reference)
        case [*before, PlacingAttempt(outcome=purchasing.REFUSED, reason=why)]:
            return Placing(placed=False, unknown=purchasing.uncertain(before), reason=why)
        case _:
            return None


def _outcome(outcome: Booked | Refused | TryLater) -> tuple[str, str | None]:
    match outcome:
        case Booked():
            return purchasing.BOOKED, None
        case Refused(reason=reason):
            return purchasing.REFUSED, reason
        case TryLater(reason=reason, outcome_unknown=unknown):
            return purchasing.UNKNOWN if unknown else purchasing.LATER, reason
