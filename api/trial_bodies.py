"""What is sent and shown when a rule is tried before it is switched on."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.bodies import NOT_NULL, Body, Id, Moment
from api.decisions import ConditionShown
from api.envelope import Price, Quantity, Shown, When
from api.rule_scopes import Scoped
from api.rule_texts import THEN_SCHEMA, TREE_SCHEMA, Silent
from api.rule_texts import When as Written
from domain.clocks import WhenSilent
from domain.decisions import Verdict
from rules.duration import seconds_from
from rules.then import Then

LONGEST_LEAD = 60 * 86_400
_ORDER: JsonValue = {"retailer": "01920b3c-6f6a-7000-8000-000000000003", "sku": "cookies-12", "packs": 1}
_ITEM = "01920b3c-6f6a-7000-8000-000000000002"
_CHECKED: dict[str, JsonValue] = {"when": "5 cookies left", "then": {"order": _ORDER}, "item": _ITEM}
_TRIED: dict[str, JsonValue] = {**_CHECKED, "from": "2026-03-01T00:00:00+01:00", "leadTime": "2 days"}


def _duration(text: str) -> str:
    seconds = seconds_from(text)
    if seconds is None or not 0 <= seconds <= LONGEST_LEAD:
        raise PydanticCustomError("refused", """This value should be a duration such as "2 days", 60 days at most.""")
    return text


class RuleWritten(Body):
    """What somebody writes of a rule; what is not written stays as it is stored."""

    when: Written | None = None
    then: Annotated[Then | None, NOT_NULL] = None
    when_silent: Silent = WhenSilent.CONTINUE


class RuleToCheck(Scoped, RuleWritten, json_schema_extra={"examples": [_CHECKED]}):
    """A rule that somebody is writing; with an `item` or a `group`, also what it would do there now.

    `rule` is the rule of which this is to be the next version; it is on what that is on, where nothing else is named.
    """

    when: Written
    rule: Id | None = None


class OrderNow(Shown):
    """What would be ordered."""

    packs: int
    pack_size: Quantity
    retailer: UUID
    retailer_name: str
    sku: str
    name: str
    total: Price
    currency: str
    needs_approval: bool


class Now(Shown):
    """What a rule would do at this moment: `holds` is null where nobody knows; `sentence` says why, or why not."""

    at: When
    level: Quantity | None
    unit: str
    holds: bool | None
    conditions: list[ConditionShown]
    verdict: Verdict
    sentence: str
    order: OrderNow | None
    next_check: When | None


class RuleChecked(Shown):
    """A rule that was understood: both spellings, and what it means at length."""

    when: str
    tree: Annotated[Any, WithJsonSchema(TREE_SCHEMA)]
    then: Annotated[Any, WithJsonSchema(THEN_SCHEMA)]
    meaning: str
    now: Now | None


class RuleToTry(RuleWritten, json_schema_extra={"examples": [_TRIED]}):
    """What is to be tried on an item's past: a new rule, a new version of a `rule`, or a rule against none.

    Orders are delivered after `leadTime`, without it after what is usual at the retailer.
    """

    item: Id
    rule: Id | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    lead_time: Annotated[str, AfterValidator(_duration), Field(examples=["2 days"])] | None = None


class TriedOrder(Shown):
    """An order that would have been made; `byRule` is false where something else on the item made it."""

    at: When
    delivered_at: When
    packs: int
    units: Quantity
    retailer: UUID
    retailer_name: str
    sku: str
    name: str
    total: Price
    currency: str
    sentence: str
    by_rule: bool


class Spent(Shown):
    """Money of one currency."""

    amount: Price
    currency: str


class CurvePoint(Shown):
    """From this moment on the level is this one; null is not known."""

    at: When
    level: Quantity | None


class VersionTried(Shown):
    """What one version would have done; `when` is null where there is no rule.

    Of very many orders the first are shown, and `orderCount` has them all. The curve is thinned out.
    """

    when: str | None
    thresholds: list[Quantity]
    orders: list[TriedOrder]
    order_count: int
    spent: list[Spent]
    days: Quantity
    days_out: Quantity
    average_level: Quantity | None
    curve: list[CurvePoint]


class LeadTimeUsed(Shown):
    """How long a delivery took in the trial, and from how many deliveries that is known."""

    retailer: UUID
    retailer_name: str
    days: Quantity
    deliveries: int


class RuleTried(Shown):
    """Old against new on the same demand."""

    item: UUID
    item_name: str
    unit: str
    from_: When = Field(alias="from")
    to: When
    facts: int
    lead_times: list[LeadTimeUsed]
    old: VersionTried
    new: VersionTried
    sentence: str
