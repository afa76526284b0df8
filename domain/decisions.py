"""Decisions: what was judged, what came of it, and why; also when nothing fired."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime

from domain.message import Message


class Verdict(StrEnum):
    """What a judgement came to, the weightiest first."""

    ORDERED = "ordered"
    NOTIFIED = "notified"
    ASKED = "asked"
    ON_ORDER = "on-order"
    HELD = "held"
    NOT_EVALUABLE = "not-evaluable"
    NOTHING = "nothing"
    RECORDED = "recorded"
    CATCHING_UP = "catching-up"
    IGNORED = "ignored"
    DIFFERS = "differs"


class Trigger(StrEnum):
    """What made Larder judge."""

    FACT = "fact"
    DEADLINE = "deadline"


class ConditionReport(Message):
    """One condition as it was found: wanted and actual in the field's unit (seconds for durations); None is unknown."""

    field: str
    op: str
    wanted: Decimal | bool
    actual: Decimal | bool | None
    holds: bool | None


class RuleReport(Message):
    """What one version of one rule said; `truth` is true, false or unknown (None)."""

    rule: UUID
    version: int
    sentence: str
    truth: bool | None
    armed: bool
    conditions: tuple[ConditionReport, ...]


class Decision(Message):
    """One judgement, kept for good: why this was ordered, and why that was not.

    `clocks` are the removals whose clocks ran, where a rule asks about them, and `expires_first` when the first thing
    inside expires; decisions of old say neither.
    """

    id: str
    at: AwareDatetime
    trigger: Trigger
    fact: str | None
    verdict: Verdict
    sentence: str
    level: Decimal | None = None
    rules: tuple[RuleReport, ...] = ()
    next_check: AwareDatetime | None = None
    need: int | None = None
    order: UUID | None = None
    clocks: tuple[str, ...] = ()
    expires_first: AwareDatetime | None = None
