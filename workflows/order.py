"""The life of one order: approval, charge, the retailer's word, delivery (S49-S53, contract 1.N Orders)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    import names
    from activities.billing import Billing
    from activities.purchasing import Purchasing
    from domain.errors import LarderError
    from domain.facts import OrderNews
    from domain.orders import ENDED, NOT_YET_AT_THE_RETAILER, Approval, OrderState, Progress, RetailerWord
    from domain.process import Billed, OrderBrief, OrderUpdate, OwnersWord, Placing, Returning
    from workflows.patience import briefly, for_a_provider, for_a_retailer, until_it_is_back

NOT_PLACED = NOT_YET_AT_THE_RETAILER | {OrderState.PLACING}
APPROVAL_WAITS = timedelta(days=3)
DELIVERY_WAITS = timedelta(days=14)


@workflow.defn
class OrderWorkflow:
    """One order, from the need to its end; every state is written down and told to its item before the next."""

    @workflow.init
    def __init__(self, brief: OrderBrief) -> None:
        self._brief = brief
        self._progress = brief.progress or Progress(state=OrderState.NEEDED, packs=brief.packs)
        self._reason = brief.reason
        self._reference: str | None = None
        self._pulled, self._overdue, self._unwanted = brief.pulled, brief.overdue, False
        self._may_have_paid = brief.progress is not None
        self._approval: OwnersWord | None = None
        self._version = self._recorded = brief.version
        self._unrecorded: list[OrderUpdate] = []

    @workflow.run
    async def run(self, brief: OrderBrief) -> OrderState:
        """Approve, charge, place, deliver, refund; the answer is the state in which it ended."""
        if self._progress.state in NOT_PLACED and await self._approved():
            if not self._may_have_left():
                await self._charge()
            if not self._taken_back():
                await self._place()
        elif brief.progress is not None:
            self._moved(None)  # Temporal had lost this order: what was written down is told again
        if not self._taken_back():
            await self._delivered()
        await self._record_all()
        await self._give_back()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._progress.state

    @workflow.update
    async def retailer_word(self, word: RetailerWord) -> None:
        """Take the retailer's word; answers once it is written down."""
        progress = self._progress.after(word)
        if progress != self._progress:
            self._progress, self._reason = progress, word.reason
            self._moved(word.at, out_of_stock=word.out_of_stock)
        await self._written()

    @retailer_word.validator
    def check_retailer_word(self, word: RetailerWord) -> None:
        """Refuse what makes no sense, without a trace."""
        try:
            self._progress.after(word)
        except LarderError as refusal:
            raise ApplicationError(refusal.message, type=type(refusal).__name__) from refusal

    @workflow.update
    async def approve(self, word: OwnersWord) -> None:
        """Take the owner's answer."""
        self._approval = word
        await workflow.wait_condition(lambda: self._progress.state is not OrderState.AWAITING_APPROVAL)
        await self._written()

    @approve.validator
    def check_approve(self, word: OwnersWord) -> None:
        """Only while somebody is asked."""
        if self._approval is not None and self._approval.yes == word.yes:
            return
        if self._approval is not None or self._progress.state is not OrderState.AWAITING_APPROVAL:
            raise ApplicationError(f"This order waits for no approval: {self._progress.state}.", type="Conflict")

    @workflow.update
    async def cancel(self, word: OwnersWord) -> None:
        """Cancel what can still be cancelled; end what never came or what nobody knows of."""
        if self._progress.state not in ENDED:
            state = OrderState.NEVER_CAME if self._can_be_ended() else OrderState.CANCELLED
            self._move(state, word.reason or "ended by the owner")
        await self._written()

    @cancel.validator
    def check_cancel(self, word: OwnersWord) -> None:
        """Not once a retailer may be packing it, unless it is overdue or unknown."""
        state = self._progress.state
        if state in (OrderState.CANCELLED, OrderState.NEVER_CAME) or self._can_be_cancelled() or self._can_be_ended():
            return
        raise ApplicationError(f"This order can no longer be cancelled: {state}.", type="OrderEnded")

    @workflow.signal(description="Its reason turned out to be untrue: cancelled if it still can be.")
    def take_back(self) -> None:
        """Larder's own wish to cancel (1.N, Catch-up)."""
        self._unwanted = True
        if self._can_be_cancelled():
            self._taken_back()

    def _taken_back(self) -> bool:
        """Cancel it now if Larder wants it back and nothing has left for the retailer; whether it has ended."""
        if self._unwanted and self._can_be_cancelled():
            self._move(OrderState.CANCELLED, "returned before it was ordered")
        return self._progress.state in ENDED

    async def _approved(self) -> bool:
        if self._brief.approval is Approval.NOT_NEEDED or self._progress.state in (
            OrderState.CHARGING,
            OrderState.PLACING,
        ):
            return self._progress.state not in ENDED
        self._move(OrderState.AWAITING_APPROVAL, self._brief.asks)
        answered = await self._until(
            lambda: self._approval is not None or self._progress.state in ENDED, APPROVAL_WAITS, "Approval"
        )
        if self._progress.state in ENDED:
            return False
        if not answered:
            self._move(OrderState.LAPSED, "nobody answered for 3 days")
        elif self._approval is not None and not self._approval.yes:
            self._move(OrderState.REFUSED, self._approval.reason or "refused by the owner")
        return self._progress.state not in ENDED

    def _may_have_left(self) -> bool:
        """An order that Temporal had lost while it was handed over: paid, and perhaps booked."""
        # those that went on by older code were billed again, which does nothing
        return self._progress.state is OrderState.PLACING and workflow.patched("placing-is-paid")

    async def _charge(self) -> None:
        """Bill the customer (S51), unless the order is cancelled while its provider does not answer."""
        self._progress = self._progress.model_copy(update={"state": OrderState.CHARGING})
        self._may_have_paid = True
        self._explain("the customer is being billed")
        charging = workflow.start_activity_method(Billing.charge, self._brief, **for_a_provider("Bill the customer"))
        await self._until(lambda: charging.done() or self._progress.state is not OrderState.CHARGING)
        if self._progress.state is not OrderState.CHARGING:
            charging.cancel()
            with suppress(ActivityError):
                await charging
            return
        try:
            billed = await charging
            self._may_have_paid = billed.charged
        except ActivityError as failure:
            billed = Billed(charged=False, reason=f"not billed for 3 days: {_why(failure)}"[:500])
        if not billed.charged:
            self._move(OrderState.CHARGE_FAILED, billed.reason)

    async def _give_back(self) -> None:
        """What was paid for packs that never came or were cheaper; the workflow stays until it has gone back."""
        if not self._may_have_paid or self._progress.is_as_paid:
            return
        due = Returning(order=self._brief.order, missing_packs=self._progress.missing_packs)
        self._explain("what was paid for it is given back")
        await workflow.execute_activity_method(Billing.refund, due, **until_it_is_back("Give back what was paid"))
        self._explain(self._reason or "what was paid for it has been given back")

    async def _place(self) -> None:
        # the attempt itself writes this state down: one round trip less on the way to the retailer
        self._progress = self._progress.model_copy(update={"state": OrderState.PLACING})
        self._explain("it is being handed to the retailer")
        placing = workflow.start_activity_method(
            Purchasing.place, self._brief, **for_a_retailer("Hand the order to the retailer")
        )
        await self._until(lambda: placing.done() or self._progress.state is not OrderState.PLACING)
        if self._progress.state is not OrderState.PLACING:
            placing.cancel()
            with suppress(ActivityError):
                await placing
            return
        try:
            outcome = await placing
        except ActivityError as failure:
            outcome = await self._given_up(failure)
            if self._progress.state is not OrderState.PLACING:
                return
        self._pulled, self._reference = outcome.pulled, outcome.reference
        if outcome.placed:
            self._move(OrderState.PLACED, None)
        else:
            self._move(OrderState.UNKNOWN if outcome.unknown else OrderState.REJECTED, outcome.reason)

    async def _given_up(self, failure: ActivityError) -> Placing:
        """Three days without an answer: rejected only if nothing can have reached the retailer."""
        unknown = await workflow.execute_activity_method(
            Purchasing.may_be_booked, self._brief, **briefly("May the retailer have booked it?")
        )
        return Placing(placed=False, unknown=unknown, reason=f"not confirmed for 3 days: {_why(failure)}"[:500])

    async def _delivered(self) -> None:
        waited = timedelta() if self._brief.placed_at is None else workflow.now() - self._brief.placed_at
        patience = min(DELIVERY_WAITS, DELIVERY_WAITS - waited)
        if not self._overdue and not await self._until(lambda: self._progress.state in ENDED, patience, "Delivery"):
            self._overdue = True
            self._reason = "not delivered for 14 days: you may end it"
            self._moved(None, tell=False, overdue=True)
        await self._until(lambda: self._progress.state in ENDED)

    def _can_be_cancelled(self) -> bool:
        """Before anything has left for the retailer, or while it has not been accepted by one that pulls."""
        state = self._progress.state
        return state in NOT_YET_AT_THE_RETAILER or (state is OrderState.PLACED and self._pulled)

    def _can_be_ended(self) -> bool:
        state = self._progress.state
        return state is OrderState.UNKNOWN or (self._overdue and state not in ENDED)

    def _move(self, state: OrderState, reason: str | None) -> None:
        self._progress, self._reason = self._progress.model_copy(update={"state": state}), reason
        self._moved(None)

    def _moved(
        self, at: datetime | None, *, tell: bool = True, out_of_stock: bool = False, overdue: bool = False
    ) -> None:
        self._version += 1
        news = OrderNews(
            order=self._brief.order,
            state=self._progress.state,
            units=Decimal(self._progress.delivered_packs * self._brief.pack_size),
            pack_size=self._brief.pack_size,
            reason=self._reason,
        )
        update = OrderUpdate(
            order=self._brief.order,
            item=self._brief.item,
            account=self._brief.account,
            version=self._version,
            progress=self._progress,
            at=at or workflow.now(),
            news=news if tell else None,
            reason=self._reason,
            reference=self._reference,
            out_of_stock=out_of_stock,
            overdue=overdue,
        )
        self._unrecorded.append(update)
        self._explain(self._reason or "")
        # who waits for somebody can be searched for; what passes in a moment is not worth an event in the history
        if self._progress.state not in NOT_YET_AT_THE_RETAILER - {OrderState.AWAITING_APPROVAL}:
            workflow.upsert_search_attributes([names.STAGE.value_set(self._progress.state)])

    def _explain(self, words: str) -> None:
        said = [f"**{self._progress.state}**", self._brief.summary, words, self._brief.why]
        workflow.set_current_details(" · ".join(part for part in said if part))

    async def _written(self) -> None:
        version = self._version
        await workflow.wait_condition(lambda: self._recorded >= version)

    async def _record_all(self) -> None:
        while self._unrecorded:
            update = self._unrecorded[0]
            await workflow.execute_activity_method(
                Purchasing.record, update, **briefly(f"Record and tell: {update.progress.state}")
            )
            self._recorded = update.version
            del self._unrecorded[0]

    async def _until(self, done: Callable[[], bool], patience: timedelta | None = None, summary: str = "") -> bool:
        """Wait, writing down every change of state meanwhile; False when the time is over first."""
        deadline = None if patience is None else workflow.now() + patience
        while True:
            await self._record_all()
            if done():
                return True
            left = None if deadline is None else max(deadline - workflow.now(), timedelta())
            try:
                await workflow.wait_condition(
                    lambda: done() or bool(self._unrecorded),
                    timeout=left,
                    timeout_summary=f"{summary} until {deadline}",
                )
            except TimeoutError:
                await self._record_all()
                return done()


def _why(failure: ActivityError) -> str:
    """The last words of an activity that was given up."""
    return failure.cause.message if isinstance(failure.cause, FailureError) else failure.message
