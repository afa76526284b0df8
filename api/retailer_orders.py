"""Orders as their retailer sees them: pulled here, and reported about by callbacks (S26-S28, 1.K)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.bodies import Body, Sku, Text
from api.envelope import Envelope, Listing, Paging
from api.pairing import entry_of
from api.parts import Parts
from api.principals import Principal
from api.retailers import check_is
from api.signatures import KeyOrSignature
from domain.asking import Price
from domain.errors import Conflict, Invalid
from domain.orders import OrderState, RetailerWord, Step, Substitute
from retailers.orders import OrderPaper, address_in, paper_of
from rules.duration import plain
from rules.quantity import MOST_PACKS
from storage import orders_read
from storage.orders_read import ForRetailer
from storage.tables import Item, OrderRow

Reason = Annotated[Text, Field(min_length=1, max_length=500)]


class ReportedLine(Body):
    """How many packs of a SKU by now: a running total, so that a repeated or overtaken report does no harm."""

    sku: Sku
    packs: Annotated[int, Field(ge=1, le=MOST_PACKS)]


class Progressed(Body, json_schema_extra={"examples": [{"lines": [{"sku": "cookies-12", "packs": 1}]}, {}]}):
    """How far an order has come; nothing said means all of it."""

    lines: Annotated[list[ReportedLine], Field(min_length=1, max_length=1)] | None = None


class Rejected(Body, json_schema_extra={"examples": [{"reason": "Sold out."}]}):
    """Why an order is not, or no further, delivered."""

    reason: Reason | None = None


class Substituted(Body, json_schema_extra={"examples": [{"sku": "oat-biscuits-12", "reason": "Sold out."}]}):
    """What comes instead: a SKU of the same catalogue, whose packs are as large and cost no more."""

    sku: Sku
    reason: Reason | None = None


OUT_OF_STOCK = "out of stock"


class RetailerOrdersController(Controller):
    """What a retailer has been asked to deliver."""

    path = "/retailers/{uuid:uuid}/orders"
    tags = ("Fulfiller",)

    @get(operation_id="PullOrders")
    async def pull(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        status: Annotated[OrderState | None, QueryParameter(description="Only those in this state.")] = None,
    ) -> Listing[OrderPaper]:
        """One's own orders, the newest need first."""
        check_is(principal, uuid)
        before = paging.after(datetime.fromisoformat, UUID)
        async with parts.db.reading() as session:
            rows = await orders_read.page_for_retailer(session, uuid, before, paging.limit, status=status)
        return paging.listing("Orders.", rows, _paper, lambda row: (row[0].needed_at, row[0].uuid))


class CallbacksController(Controller):
    """What a retailer says of an order; a repeat is answered with the order as it is."""

    path = "/retailers/{uuid:uuid}/orders/{order:uuid}"
    tags = ("Fulfiller",)
    guards = (KeyOrSignature(),)

    @post("/accepted", operation_id="OrderAccepted", status_code=200)
    async def accepted(
        self,
        uuid: FromPath[UUID],
        order: FromPath[UUID],
        data: JSONBody[Progressed],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OrderPaper]:
        """The retailer will deliver it."""
        return await _said(parts, uuid, order, Step.ACCEPTED, data)

    @post("/substituted", operation_id="OrderSubstituted", status_code=200)
    async def substituted(
        self,
        uuid: FromPath[UUID],
        order: FromPath[UUID],
        data: JSONBody[Substituted],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OrderPaper]:
        """Something else will be delivered, where the household allows that for this item; the same as accepted."""
        row, *_ = await _own(parts, uuid, order)
        async with parts.db.reading() as session:
            substitute = await _substitute(session, row, data.sku)
        reason = f"{row.name} is not to be had" if data.reason is None else data.reason
        word = RetailerWord(step=Step.SUBSTITUTED, substitute=substitute, reason=reason)
        await parts.desk.retailer_word(order, word)
        return Envelope(message="Order substituted.", data=_paper(await _own(parts, uuid, order)))

    @post("/dispatched", operation_id="OrderDispatched", status_code=200)
    async def dispatched(
        self,
        uuid: FromPath[UUID],
        order: FromPath[UUID],
        data: JSONBody[Progressed],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OrderPaper]:
        """So many packs are on their way by now (S27)."""
        return await _said(parts, uuid, order, Step.DISPATCHED, data)

    @post("/delivered", operation_id="OrderDelivered", status_code=200)
    async def delivered(
        self,
        uuid: FromPath[UUID],
        order: FromPath[UUID],
        data: JSONBody[Progressed],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OrderPaper]:
        """So many packs have been delivered by now; tracked stock rises by them (S28)."""
        return await _said(parts, uuid, order, Step.DELIVERED, data)

    @post("/rejected", operation_id="OrderRejected", status_code=200)
    async def rejected(
        self,
        uuid: FromPath[UUID],
        order: FromPath[UUID],
        data: JSONBody[Rejected],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OrderPaper]:
        """It will not be delivered, or not the rest of it."""
        return await _ended(parts, uuid, order, RetailerWord(step=Step.REJECTED, reason=data.reason))

    @post("/out-of-stock", operation_id="OrderOutOfStock", status_code=200)
    async def out_of_stock(
        self,
        uuid: FromPath[UUID],
        order: FromPath[UUID],
        data: JSONBody[Rejected],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[OrderPaper]:
        """There is no more of it: rejected, and not available in the catalogue until that is uploaded again."""
        reason = OUT_OF_STOCK if data.reason is None else f"{OUT_OF_STOCK}: {data.reason}"
        return await _ended(parts, uuid, order, RetailerWord(step=Step.REJECTED, reason=reason, out_of_stock=True))


async def _said(parts: Parts, retailer: UUID, order: UUID, step: Step, data: Progressed) -> Envelope[OrderPaper]:
    row, *_ = await _own(parts, retailer, order)
    await parts.desk.retailer_word(order, RetailerWord(step=step, packs=_packs(data, row)))
    return Envelope(message=f"Order {step}.", data=_paper(await _own(parts, retailer, order)))


async def _ended(parts: Parts, retailer: UUID, order: UUID, word: RetailerWord) -> Envelope[OrderPaper]:
    await _own(parts, retailer, order)
    await parts.desk.retailer_word(order, word)
    return Envelope(message="Order rejected.", data=_paper(await _own(parts, retailer, order)))


def _packs(data: Progressed, order: OrderRow) -> int | None:
    if data.lines is None:
        return None
    line = data.lines[0]
    if line.sku != order.comes_as:
        raise Invalid({"lines.0.sku": ["This order has no such SKU."]})
    return line.packs


async def _substitute(session: AsyncSession, order: OrderRow, sku: str) -> Substitute:
    """What the catalogue says of it; raises Conflict where the household allows none, Invalid for what is none."""
    if order.substitute_sku == sku and order.substitute is not None:  # a repeat, whatever the catalogue says by now
        return order.substitute
    item = await session.get_one(Item, order.item)
    if not item.substitutes:
        raise Conflict("The household wants no substitute for this.")
    entry = await entry_of(session, order.retailer, sku, "sku", order.item)
    if sku == order.sku:
        raise Invalid({"sku": ["This is what was ordered."]})
    if entry.pack_size != order.pack_size:
        raise Invalid({"sku": [f"Its pack size must be {plain(order.pack_size)}, as of what was ordered."]})
    if entry.currency != order.currency or entry.price > order.unit_price:
        most = Price(amount=order.unit_price, currency=order.currency)
        raise Invalid({"sku": [f"It must not cost more than {most}."]})
    return Substitute(sku=entry.sku, name=entry.name, unit_price=entry.price)


async def _own(parts: Parts, retailer: UUID, order: UUID) -> ForRetailer:
    async with parts.db.reading() as session:
        return await orders_read.get_for_retailer(session, retailer, order)


def _paper(row: ForRetailer) -> OrderPaper:
    order, customer, default = row
    # what was handed over stays, wherever the customer has moved since
    now = None if default is None else default.written()
    return paper_of(order, customer, now if order.letter is None else address_in(order.letter))
