"""Changes that must be judged: of items, instructions and rules. Each is stored by a workflow of its own."""

import hashlib
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime

from domain.clocks import WhenSilent
from domain.message import Message


class Action(StrEnum):
    """What a pairing is for (S32, S61): order on demand, or keep track and order when it gets low."""

    REORDER = "reorder"
    TRACK = "track"


class ItemDraft(Message):
    """An item as its owner wants it; `level` is the first count, given only at creation. A group has `members`."""

    uuid: UUID
    name: str
    unit: str
    product: UUID | None = None
    capacity: Decimal | None = None
    location: str | None = None
    substitutes: bool = False
    level: Decimal | None = None
    members: tuple[UUID, ...] | None = None


class OrderDraft(Message):
    """What an instruction orders: so many packs of a retailer's SKU."""

    retailer: UUID
    sku: str
    packs: int


class Covers(Message):
    """Which items something concerns: those of a product, those at a location, or all that the account has."""

    product: UUID | None = None
    location: str | None = None


class RuleDraft(Message):
    """A rule as its owner wants it: the sentence people read, and `tree` and `then` as JSON documents.

    Without `item` it covers many. `origin` names the rule file that it is kept in.
    """

    uuid: UUID
    item: UUID | None = None
    name: str
    sentence: str
    tree: str
    then: str
    enabled: bool = True
    when_silent: WhenSilent = WhenSilent.CONTINUE
    origin: str | None = None


class InstructionDraft(Message):
    """A pairing; `rule` is what its trigger level means, `new_item` the untracked item that a bare button gets."""

    uuid: UUID
    device: UUID | None
    action: Action
    item: UUID
    trigger_level: Decimal | None
    order: OrderDraft | None
    rule: RuleDraft | None = None
    new_item: ItemDraft | None = None


class Change(Message):
    """One new version of one subject; without a draft it is deleted.

    `item` is whose workflow is told; a rule on many items has what it `covers` instead.
    """

    subject: UUID
    version: int
    account: UUID
    item: UUID | None
    at: AwareDatetime
    covers: Covers | None = None
    draft_item: ItemDraft | None = None
    draft_instruction: InstructionDraft | None = None
    draft_rule: RuleDraft | None = None
    kind: "ChangeKind"

    def digest(self) -> str:
        """What was asked for, without the moment: a repeat of the same request has the same digest."""
        # changes of old, which had none of these, are still the same changes
        unsaid: dict[str, Any] = {
            "at": True,
            "draft_instruction": {"rule": {"when_silent", "origin"}, "new_item": {"members"}},
        }
        if self.covers is None:
            unsaid["covers"] = True
        if self.draft_rule is not None:
            later = {"when_silent": WhenSilent.CONTINUE, "origin": None}
            unsaid["draft_rule"] = {name for name, usual in later.items() if getattr(self.draft_rule, name) == usual}
        if self.draft_item is None or self.draft_item.members is None:
            unsaid["draft_item"] = {"members"}
        return hashlib.sha256(self.model_dump_json(exclude=unsaid).encode()).hexdigest()


class ChangeKind(StrEnum):
    """What is changed."""

    ITEM = "item"
    INSTRUCTION = "instruction"
    RULE = "rule"


class Stored(Message):
    """The change that holds this version; another digest than one's own means that somebody was faster."""

    digest: str
