"""Orders as their household sees them, and its yes or no to them (S23, 1.K)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation
from pydantic import Field

from api.answers import OneAnswer
from api.bodies import Body, Text
from api.envelope import Envelope, Listing, Paging, Price, Quantity, Shown, When
from api.ordering import NewOrder, ordered
from api.parts import Parts
from api.principals import Principal
from api.sandbox import SimulatedWord, check_playable
from domain.orders import OrderState
from storage import orders_read
from storage.charges import ChargeState
from storage.orders_read import OrderView
from storage.tables import Charge, PlacingAttempt

Reason = Annotated[Text, Field(min_length=1, max_length=500)]


class Approval(Body, json_schema_extra={"examples": [{"approved": True, "reason": "We have guests."}]}):
    """The owner's yes or no to an order that waits for it."""

    approved: bool
    reason: Reason | None = None


class Cancellation(Body, json_schema_extra={"examples": [{"reason": "We found another jar."}]}):
    """Why an order is no longer wanted, if anybody cares to say."""

    reason: Reason | None = None


class OrderLineShown(Shown):
    """What is ordered; pack size and price as in the catalogue when the need arose."""

    sku: str
    name: str
    packs: int
    pack_size: Quantity
    unit_price: Price
    substitute: "SubstituteShown | None"


class SubstituteShown(Shown):
    """What the retailer sends instead; the difference in price goes back after the delivery."""

    sku: str
    name: str
    unit_price: Price


class OrderStep(Shown):
    """One state that an order was in, and since when."""

    state: OrderState
    delivered_packs: int
    reason: str | None
    at: When


class ChargeShown(Shown):
    """How an order is paid for (S51): `refunded` has gone back, `notes` are what the provider told afterwards."""

    provider: str
    amount: Price
    currency: str
    state: ChargeState
    refunded: Price | None
    notes: list[str]


class OrderShown(Shown):
    """An order, from its need to its delivery; `history` has the oldest state first."""

    uuid: UUID
    item: UUID
    item_name: str
    need: int
    retailer: UUID
    status: OrderState
    lines: list[OrderLineShown]
    total: Price
    currency: str
    dispatched_packs: int
    delivered_packs: int
    reason: str | None
    reference: str | None
    charge: ChargeShown | None
    needed_at: When
    placed_at: When | None
    ended_at: When | None
    updated_at: When
    history: list[OrderStep]


class OrdersController(Controller):
    """What was ordered."""

    path = "/orders"
    tags = ("UI",)

    @get(operation_id="ListOrders")
    async def list_orders(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        item: Annotated[UUID | None, QueryParameter(description="Only those of this item.")] = None,
        status: Annotated[OrderState | None, QueryParameter(description="Only those in this state.")] = None,
    ) -> Listing[OrderShown]:
        """The household's orders, the newest need first."""
        before = paging.after(datetime.fromisoformat, UUID)
        async with parts.db.reading() as session:
            views = await orders_read.page(session, principal.household, before, paging.limit, item=item, status=status)
        return paging.listing("Orders.", views, order_shown, lambda view: (view.order.needed_at, view.order.uuid))

    @post(operation_id="PlaceOrder")
    async def place(
        self,
        data: JSONBody[NewOrder],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[OrderShown]]:
        """Order by hand (S23); where nothing can be ordered now, the refusal says why."""

        async def make(uuid: UUID) -> Envelope[OrderShown]:
            order = await ordered(parts, principal, uuid, data)
            return Envelope(message="Order made.", data=order_shown(await _own(parts, principal, order)))

        return await one_answer.through_workflow(data, make)

    @get("/{uuid:uuid}", operation_id="GetOrder")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OrderShown]:
        """One order with its history."""
        return Envelope(message="Order.", data=order_shown(await _own(parts, principal, uuid)))

    @post("/{uuid:uuid}/approval", operation_id="ApproveOrder", status_code=200)
    async def approve(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[Approval],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OrderShown]:
        """Say yes or no to an order that waits for it; nothing is charged before."""
        await _own(parts, principal, uuid)
        await parts.desk.approve(uuid, data.approved, data.reason)
        message = "Order approved." if data.approved else "Order refused."
        return Envelope(message=message, data=order_shown(await _own(parts, principal, uuid)))

    @post("/{uuid:uuid}/cancel", operation_id="CancelOrder", status_code=200)
    async def cancel(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[Cancellation],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OrderShown]:
        """End an order that can still be ended."""
        await _own(parts, principal, uuid)
        await parts.desk.cancel(uuid, data.reason)
        return Envelope(message="Order cancelled.", data=order_shown(await _own(parts, principal, uuid)))

    @post("/{uuid:uuid}/simulate", operation_id="SimulateOrder", status_code=200)
    async def simulate(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[SimulatedWord],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OrderShown]:
        """Play the retailer of an order of the sandbox (S65), which never hears of it; 403 in a live account."""
        view = await _own(parts, principal, uuid)
        async with parts.db.reading() as session:
            await check_playable(session, view.order)
        await parts.desk.retailer_word(uuid, data.word)
        return Envelope(message="Order simulated.", data=order_shown(await _own(parts, principal, uuid)))


async def _own(parts: Parts, principal: Principal, uuid: UUID) -> OrderView:
    async with parts.db.reading() as session:
        return await orders_read.get(session, principal.household, uuid)


def order_shown(view: OrderView) -> OrderShown:
    """An order as its household sees it."""
    order = view.order
    return OrderShown(
        uuid=order.uuid,
        item=order.item,
        item_name=view.item_name,
        need=order.need,
        retailer=order.retailer,
        status=OrderState(order.state),
        lines=[OrderLineShown.model_validate(order, from_attributes=True)],
        total=order.packs * order.pays,
        currency=order.currency,
        dispatched_packs=order.dispatched_packs,
        delivered_packs=order.delivered_packs,
        reason=order.reason if view.tried is None else _not_yet(view.tried),
        reference=order.reference,
        charge=view.charge and _charge(view.charge, view.notes),
        needed_at=order.needed_at,
        placed_at=order.placed_at,
        ended_at=order.ended_at,
        updated_at=order.updated_at,
        history=[OrderStep.model_validate(event, from_attributes=True) for event in view.events],
    )


def _not_yet(tried: PlacingAttempt) -> str:
    often = "once" if tried.number == 1 else f"{tried.number} times"
    last = tried.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"Asked {often}, last at {last}, and will be asked again. {tried.reason}"


def _charge(charge: Charge, notes: Sequence[str]) -> ChargeShown:
    return ChargeShown(
        provider=charge.provider,
        amount=charge.amount,
        currency=charge.currency,
        state=ChargeState(charge.state),
        refunded=charge.refunded if charge.refunded_at is not None else None,
        notes=list(notes),
    )
