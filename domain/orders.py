"""The life of an order: its states, and which word of the retailer may follow which."""

from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime

from domain.errors import Conflict, NotFound, OrderEnded
from domain.message import Message


class OrderState(StrEnum):
    """Where an order stands."""

    NEEDED = "needed"
    AWAITING_APPROVAL = "awaiting-approval"
    CHARGING = "charging"
    PLACING = "placing"
    PLACED = "placed"
    ACCEPTED = "accepted"
    PARTIALLY_DISPATCHED = "partially-dispatched"
    DISPATCHED = "dispatched"
    PARTIALLY_DELIVERED = "partially-delivered"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    CHARGE_FAILED = "charge-failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    NEVER_CAME = "never-came"
    LAPSED = "lapsed"


ENDED = frozenset(
    {
        OrderState.DELIVERED,
        OrderState.REJECTED,
        OrderState.CHARGE_FAILED,
        OrderState.REFUSED,
        OrderState.CANCELLED,
        OrderState.NEVER_CAME,
        OrderState.LAPSED,
    }
)
NOT_YET_AT_THE_RETAILER = frozenset({OrderState.NEEDED, OrderState.AWAITING_APPROVAL, OrderState.CHARGING})
OWNERS_NO = frozenset({OrderState.REFUSED, OrderState.CANCELLED})
ENDED_WITHOUT_DELIVERY = frozenset(
    {OrderState.REJECTED, OrderState.CHARGE_FAILED, OrderState.NEVER_CAME, OrderState.LAPSED}
)


class Step(StrEnum):
    """What a retailer reports of an order (S27, S28)."""

    ACCEPTED = "accepted"
    SUBSTITUTED = "substituted"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    REJECTED = "rejected"


class Substitute(Message):
    """What a retailer sends instead of what was ordered: as many packs, as large, and no dearer; `unit_price` each."""

    sku: str
    name: str
    unit_price: Decimal


class RetailerWord(Message):
    """One callback of a retailer; `packs` is the running total, None means everything (1.K).

    `out_of_stock` says of a rejection that the retailer has no more of it.
    """

    step: Step
    packs: int | None = None
    reason: str | None = None
    at: AwareDatetime | None = None
    out_of_stock: bool = False
    substitute: Substitute | None = None


class Progress(Message):
    """How far an order has come; all that decides whether a word of the retailer makes sense.

    The state is what the newest word made of it, so the rest of a part delivery can be seen on its way.
    """

    state: OrderState
    packs: int
    steps: tuple[Step, ...] = ()
    dispatched_packs: int = 0
    delivered_packs: int = 0
    substitute: Substitute | None = None

    @property
    def missing_packs(self) -> int:
        """What was ordered and has not come."""
        return self.packs - self.delivered_packs

    @property
    def is_as_paid(self) -> bool:
        """Whether all of what was paid for has come, so that nothing of it can be due back."""
        return not self.missing_packs and self.substitute is None

    def after(self, word: RetailerWord) -> "Progress":
        """The progress once `word` holds; the same object when it only repeats.

        Raises `NotFound` before the retailer can know the order, `Conflict` for more than was ordered or a step
        backwards, `OrderEnded` once it has ended otherwise (1.K).
        """
        if self.state in NOT_YET_AT_THE_RETAILER:
            raise NotFound("No such order.")
        if word.step is Step.REJECTED:
            return self._rejected()
        if word.step is Step.SUBSTITUTED:
            return self._substituted(word.substitute)
        packs = self.packs if word.packs is None else word.packs
        if packs > self.packs:
            raise Conflict(f"{packs} packs are more than the {self.packs} ordered.")
        if self._repeats(word.step, packs):
            return self
        if self.state in ENDED:
            raise OrderEnded(f"This order has ended: {self.state}.")
        match word.step:
            case Step.ACCEPTED:
                return self._accepted()
            case Step.DISPATCHED:
                return self._dispatched(packs)
            case _:
                return self._delivered(packs)

    def _repeats(self, step: Step, packs: int) -> bool:
        if step not in self.steps:
            return False
        said = {Step.DISPATCHED: self.dispatched_packs, Step.DELIVERED: self.delivered_packs}.get(step, packs)
        return packs == said

    def _accepted(self) -> "Progress":
        if Step.DISPATCHED in self.steps or Step.DELIVERED in self.steps:
            raise Conflict(f"This order is already {self.state}.")
        return self._moved(Step.ACCEPTED, state=OrderState.ACCEPTED)

    def _substituted(self, substitute: Substitute | None) -> "Progress":
        """Something else will come: the retailer takes the order, so the newest substitute counts as accepted."""
        if substitute == self.substitute:
            return self
        if self.state in ENDED:
            raise OrderEnded(f"This order has ended: {self.state}.")
        if Step.DISPATCHED in self.steps or Step.DELIVERED in self.steps:
            raise Conflict(f"This order is already {self.state}.")
        return self._moved(Step.SUBSTITUTED, state=OrderState.ACCEPTED, substitute=substitute)

    def _dispatched(self, packs: int) -> "Progress":
        """More packs are on their way; what was delivered had been dispatched, whether anybody said so or not."""
        if packs <= self.delivered_packs:
            raise Conflict(f"{self.delivered_packs} packs were already delivered.")
        if packs <= self.dispatched_packs:
            raise Conflict(f"{self.dispatched_packs} packs were already dispatched.")
        state = OrderState.DISPATCHED if packs == self.packs else OrderState.PARTIALLY_DISPATCHED
        return self._moved(Step.DISPATCHED, state=state, dispatched_packs=packs)

    def _delivered(self, packs: int) -> "Progress":
        if packs <= self.delivered_packs:
            raise Conflict(f"{self.delivered_packs} packs were already delivered.")
        state = OrderState.DELIVERED if packs == self.packs else OrderState.PARTIALLY_DELIVERED
        return self._moved(Step.DELIVERED, state=state, delivered_packs=packs)

    def _rejected(self) -> "Progress":
        if self.state is OrderState.REJECTED:
            return self
        if self.state in ENDED:
            raise OrderEnded(f"This order has ended: {self.state}.")
        return self._moved(Step.REJECTED, state=OrderState.REJECTED)

    def _moved(self, step: Step, **changes: object) -> "Progress":
        steps = self.steps if step in self.steps else (*self.steps, step)
        return self.model_copy(update={"steps": steps, **changes})


class Approval(StrEnum):
    """Whether an order waits for its owner's yes before anything is charged."""

    NOT_NEEDED = "not-needed"
    NEEDED = "needed"
