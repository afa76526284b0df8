"""The life of an order: its states, and which word of the retailer may follow which."""

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
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    REJECTED = "rejected"


class RetailerWord(Message):
    """One callback of a retailer; `packs` is the running total, None means everything (1.K)."""

    step: Step
    packs: int | None = None
    reason: str | None = None
    at: AwareDatetime | None = None


class Progress(Message):
    """How far an order has come; all that decides whether a word of the retailer makes sense."""

    state: OrderState
    packs: int
    steps: tuple[Step, ...] = ()
    dispatched_packs: int = 0
    delivered_packs: int = 0

    def after(self, word: RetailerWord) -> "Progress":
        """The progress once `word` holds; the same object when it only repeats.

        Raises `NotFound` before the retailer can know the order, `Conflict` for more than was ordered or a step
        backwards, `OrderEnded` once it has ended otherwise (1.K).
        """
        if self.state in NOT_YET_AT_THE_RETAILER:
            raise NotFound("No such order.")
        if word.step is Step.REJECTED:
            return self._rejected()
        packs = self.packs if word.packs is None else word.packs
        if packs > self.packs:
            raise Conflict(f"{packs} packs are more than the {self.packs} ordered.")
        if self._repeats(word.step, packs):
            return self
        if self.state in ENDED:
            raise OrderEnded(f"This order has ended: {self.state}.")
        return self._forward(word.step, packs)

    def _repeats(self, step: Step, packs: int) -> bool:
        if step not in self.steps:
            return False
        said = {Step.DISPATCHED: self.dispatched_packs, Step.DELIVERED: self.delivered_packs}.get(step, packs)
        return packs == said

    def _forward(self, step: Step, packs: int) -> "Progress":
        later = {Step.ACCEPTED: (Step.DISPATCHED, Step.DELIVERED), Step.DISPATCHED: (Step.DELIVERED,)}.get(step, ())
        if any(done in self.steps for done in later):
            raise Conflict(f"This order is already {self.state}.")
        steps = (*self.steps, step) if step not in self.steps else self.steps
        match step:
            case Step.ACCEPTED:
                return self.model_copy(update={"state": OrderState.ACCEPTED, "steps": steps})
            case Step.DISPATCHED:
                if packs < max(self.dispatched_packs, 1):
                    raise Conflict(f"{self.dispatched_packs} packs were already dispatched.")
                return self.model_copy(
                    update={"state": OrderState.DISPATCHED, "steps": steps, "dispatched_packs": packs}
                )
            case _:
                if packs < max(self.delivered_packs, 1):
                    raise Conflict(f"{self.delivered_packs} packs were already delivered.")
                state = OrderState.DELIVERED if packs == self.packs else OrderState.PARTIALLY_DELIVERED
                return self.model_copy(update={"state": state, "steps": steps, "delivered_packs": packs})

    def _rejected(self) -> "Progress":
        if self.state is OrderState.REJECTED:
            return self
        if self.state in ENDED:
            raise OrderEnded(f"This order has ended: {self.state}.")
        return self.model_copy(update={"state": OrderState.REJECTED, "steps": (*self.steps, Step.REJECTED)})


class Approval(StrEnum):
    """Whether an order waits for its owner's yes before anything is charged."""

    NOT_NEEDED = "not-needed"
    NEEDED = "needed"
