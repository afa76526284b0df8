"""What happened to an item: every fact, and every judgement with its reasons, also where nothing came of it (1.K)."""

from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from api.envelope import Listing, Paging, Quantity, Shown, When
from api.parts import Parts
from api.principals import Principal
from domain.decisions import Decision, Trigger, Verdict
from domain.facts import Fact, FactKind, Source
from domain.orders import OrderState
from storage import items
from storage.tables import DecisionRow, FactRow


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


class ConditionShown(Shown):
    """One condition: what the rule asks for and what was found, null where nobody knows; `outFor` in seconds."""

    field: str
    op: str
    wanted: bool | Quantity
    actual: bool | Quantity | None
    holds: bool | None


class JudgedRule(Shown):
    """What one version of a rule said; `holds` is null where it cannot be known."""

    rule: UUID
    version: int
    sentence: str
    holds: bool | None
    armed: bool
    conditions: list[ConditionShown]


class DecisionShown(Shown):
    """One judgement: why something was ordered, or why not, and when it is asked again."""

    number: int
    at: When
    trigger: Trigger
    fact: str | None
    verdict: Verdict
    sentence: str
    level: Quantity | None
    rules: list[JudgedRule]
    next_check: When | None
    order: UUID | None


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
        """Every fact about the item, the newest arrival first."""
        before = paging.after_one(int)
        async with parts.db.reading() as session:
            await items.get(session, principal.household, uuid)
            rows = await items.facts(session, uuid, before, paging.limit)
        return paging.listing("Facts.", rows, _fact, lambda row: (row.arrival,))

    @get("/decisions", operation_id="ItemDecisions")
    async def decisions(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[DecisionShown]:
        """Every judgement about the item, the newest first."""
        before = paging.after_one(int)
        async with parts.db.reading() as session:
            await items.get(session, principal.household, uuid)
            rows = await items.decisions(session, uuid, before, paging.limit)
        return paging.listing("Decisions.", rows, _decision, lambda row: (row.number,))


def _fact(row: FactRow) -> FactShown:
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


def _decision(row: DecisionRow) -> DecisionShown:
    decision = Decision.model_validate_json(row.decision)
    return DecisionShown(
        number=row.number,
        at=decision.at,
        trigger=decision.trigger,
        fact=decision.fact,
        verdict=decision.verdict,
        sentence=decision.sentence,
        level=decision.level,
        rules=[
            JudgedRule(
                rule=rule.rule,
                version=rule.version,
                sentence=rule.sentence,
                holds=rule.truth,
                armed=rule.armed,
                conditions=[ConditionShown(**condition.model_dump()) for condition in rule.conditions],
            )
            for rule in decision.rules
        ],
        next_check=decision.next_check,
        order=decision.order,
    )
