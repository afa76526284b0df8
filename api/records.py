"""What happened to an item: every fact, also one that changes nothing (1.K)."""

from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from api.envelope import Listing, Paging, Quantity, Shown, When
from api.parts import Parts
from api.principals import Principal
from domain.facts import Fact, FactKind, Source
from domain.orders import OrderState
from storage import decisions, items
from storage.tables import FactRow


class OrderNewsShown(Shown):
    """What an order told its item; `units` are those ordered, or those delivered so far."""

    uuid: UUID
    state: OrderState
    units: Quantity


class FactShown(Shown):
    """One fact, observed `at`; `counted` is false where it changes nothing, and `flag` says why."""

    number: int
    id: str
    kind: FactKind
    source: Source
    quantity: Quantity | None
    low: bool | None
    tag: str | None
    expires_at: When | None
    fridge: UUID | None
    device: UUID | None
    instruction: UUID | None
    order: OrderNewsShown | None
    at: When
    arrived_at: When
    counted: bool
    flag: str | None


class RecordsController(Controller):
    """The past of an item."""

    path = "/items/{uuid:uuid}"
    tags = ("UI",)

    @get("/history", operation_id="ItemHistory")
    async def history(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[FactShown]:
        """Every fact about the item, the newest arrival first; those about a deleted item are kept, too."""
        before = paging.after_one(int)
        async with parts.db.reading() as session:
            await decisions.own_item(session, principal.household, uuid)
            rows = await items.facts(session, uuid, before, paging.limit)
        return paging.listing("Facts.", rows, fact_shown, lambda row: (row.arrival,))


def fact_shown(row: FactRow) -> FactShown:
    """A fact as answers show it."""
    fact = Fact.model_validate_json(row.fact)
    news = fact.order
    return FactShown(
        number=row.arrival,
        id=fact.id,
        kind=fact.kind,
        source=fact.source,
        quantity=fact.quantity,
        low=fact.is_low,
        tag=fact.tag,
        expires_at=fact.expires_at,
        fridge=fact.fridge,
        device=fact.device,
        instruction=fact.instruction,
        order=news and OrderNewsShown(uuid=news.order, state=news.state, units=news.units),
        at=row.observed_at,
        arrived_at=row.arrived_at,
        counted=row.folded,
        flag=row.flag,
    )
