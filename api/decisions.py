"""Why, and why not: every judgement with its reasons, and all that led to one and came of it (1.K, 1.M)."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation
from pydantic import WithJsonSchema

from api.decoding import checked
from api.envelope import Envelope, Listing, Paging, Quantity, Shown, When
from api.history import DATE, Period
from api.orders import OrderShown, order_shown
from api.outlook import OutlookShown, outlook_of
from api.parts import Parts
from api.principals import Principal
from api.records import FactShown, fact_shown
from api.rule_texts import THEN_SCHEMA, TREE_SCHEMA
from domain.clocks import WhenSilent
from domain.decisions import ConditionReport, Decision, RuleReport, Trigger, Verdict
from rules import reasons
from rules.fields import FIELDS, Kind
from rules.nouns import Words
from rules.tree import value_to_json
from storage import decisions
from storage.decisions import Explained, Part, RuleThen, Wanted
from storage.tables import DecisionRow


class ConditionShown(Shown):
    """One condition: what the rule asks for and what was found, null where nobody knows.

    Durations are in seconds, days and times as in a rule's tree.
    """

    field: str
    op: str
    wanted: bool | Quantity | str
    actual: bool | Quantity | str | None
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


class TextThen(Shown):
    """What a rule said when it was judged, whatever became of it; `name` is the one that it has, or had last."""

    name: str
    when: str
    tree: Annotated[Any, WithJsonSchema(TREE_SCHEMA)]
    then: Annotated[Any, WithJsonSchema(THEN_SCHEMA)]
    when_silent: WhenSilent
    since: When
    deleted: bool


class ConditionTold(ConditionShown):
    """A condition, and what was found in words."""

    sentence: str


class RuleTold(JudgedRule):
    """What one version of a rule said, with its text of that time."""

    conditions: list[ConditionTold]  # type: ignore[assignment] # each is a ConditionShown
    text: TextThen | None


class FactBehind(FactShown):
    """A fact that led to a decision, and what it has to do with it.

    `trigger` set it off; `count` is the newest count, `since` has changed the level since; `clock` is a removal whose
    clock ran, `expiry` what expires first, `low` what its sensor said last, `use` when some was used last, `repeat` one
    of the reports in a row.
    """

    part: Part


class DecisionTold(DecisionShown):
    """A judgement with the facts that led to it, the rules in the words of its time, and what came of it.

    `orderNow` is the order as it is now: the one that was made, or the one that was open then. `outlook` is there
    for the newest decision of an item that is not deleted: what would have to change for it to order now.
    """

    rules: list[RuleTold]  # type: ignore[assignment] # each is a JudgedRule
    facts: list[FactBehind]
    order_now: OrderShown | None
    outlook: OutlookShown | None


class DecisionsController(Controller):
    """Why, and why not."""

    path = "/items/{uuid:uuid}"
    tags = ("UI",)

    @get("/decisions", operation_id="ItemDecisions")
    async def decisions(
        self,
        *,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        verdict: Annotated[Verdict | None, QueryParameter(description="Only those that came to this.")] = None,
        rule: Annotated[UUID | None, QueryParameter(description="Only those that judged this rule.")] = None,
        since: Annotated[
            str | None, QueryParameter(name="from", schema_extra=DATE, description="The earliest moment (RFC 3339).")
        ] = None,
        until: Annotated[
            str | None, QueryParameter(name="to", schema_extra=DATE, description="The moment before which it ends.")
        ] = None,
    ) -> Listing[DecisionShown]:
        """Every judgement about the item, the newest first; those about a deleted item are kept, too."""
        period = checked(Period, {name: text for name, text in (("from", since), ("to", until)) if text is not None})
        wanted = Wanted(verdict, rule, period.from_, period.to)
        before = paging.after_one(int)
        async with parts.db.reading() as session:
            await decisions.own_item(session, principal.household, uuid)
            rows = await decisions.page(session, uuid, wanted, before, paging.limit)
        return paging.listing("Decisions.", rows, _shown, lambda row: (row.number,))

    @get("/decisions/{number:int}", operation_id="ItemDecision")
    async def decision(
        self,
        uuid: FromPath[UUID],
        number: FromPath[int],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[DecisionTold]:
        """One judgement: the facts that led to it, the rules as they were, the order and what became of it."""
        async with parts.db.reading() as session:
            explained = await decisions.explained(session, principal.household, uuid, number)
        outlook = await outlook_of(parts, uuid) if explained.is_newest else None
        return Envelope(message="Decision.", data=_told(explained, outlook))


def _shown(row: DecisionRow) -> DecisionShown:
    decision = Decision.model_validate_json(row.decision)
    return DecisionShown(rules=[JudgedRule(**_judged(rule)) for rule in decision.rules], **_said(row, decision))


def _told(explained: Explained, outlook: OutlookShown | None) -> DecisionTold:
    decision = explained.decision
    words = Words(explained.item.name, explained.item.unit, explained.zone)
    return DecisionTold(
        rules=[_rule(report, explained.rules.get((report.rule, report.version)), words) for report in decision.rules],
        facts=[FactBehind(part=part, **dict(fact_shown(row))) for part, row in explained.facts],
        outlook=outlook,
        order_now=None if explained.order is None else order_shown(explained.order),
        **_said(explained.row, decision),
    )


def _said(row: DecisionRow, decision: Decision) -> dict[str, Any]:
    """What every spelling of a decision says."""
    return {
        "number": row.number,
        "at": decision.at,
        "trigger": decision.trigger,
        "fact": decision.fact,
        "verdict": decision.verdict,
        "sentence": decision.sentence,
        "level": decision.level,
        "next_check": decision.next_check,
        "order": decision.order,
    }


def condition_said(report: ConditionReport) -> dict[str, Any]:
    """The fields of a condition that is shown."""
    row = FIELDS[report.field]
    said = report.model_dump()
    if row.kind in (Kind.DAY, Kind.TIME):
        found = {name: value_to_json(row, said[name]) for name in ("wanted", "actual") if said[name] is not None}
        return said | found
    return said


def _judged(report: RuleReport) -> dict[str, Any]:
    return {
        "rule": report.rule,
        "version": report.version,
        "sentence": report.sentence,
        "holds": report.truth,
        "armed": report.armed,
        "conditions": [ConditionShown(**condition_said(condition)) for condition in report.conditions],
    }


def _rule(report: RuleReport, then: RuleThen | None, words: Words) -> RuleTold:
    conditions = [
        ConditionTold(sentence=reasons.condition(condition, words), **condition_said(condition))
        for condition in report.conditions
    ]
    return RuleTold(**_judged(report) | {"conditions": conditions}, text=None if then is None else _text(then))


def _text(then: RuleThen) -> TextThen:
    text = then.text
    return TextThen(
        name=then.name,
        when=text.sentence,
        tree=msgspec.Raw(text.tree.encode()),
        then=msgspec.Raw(text.then.encode()),
        when_silent=WhenSilent(text.when_silent),
        since=text.created_at,
        deleted=then.is_deleted,
    )
