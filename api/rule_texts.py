"""What people send as a rule, and the draft that it comes to (1.M)."""

import json
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, JsonValue, WithJsonSchema

from api.bodies import NOT_NULL, Body, Name
from api.rule_scopes import Scoped
from domain.changes import RuleDraft
from domain.clocks import WhenSilent
from domain.errors import Invalid, RuleError
from rules import written
from rules.saying import say
from rules.spoken_of import About
from rules.then import Then
from rules.tree import Tree, in_unit, tree_to_json
from storage.tables import Rule

TREE_SCHEMA = {"type": "object", "examples": [{"field": "level", "op": "<=", "value": 5}]}
THEN_SCHEMA = {"type": "object", "examples": [{"approval": "never", "notify": True}]}
_LONGEST_NAME = 200
When = Annotated[
    Any,
    NOT_NULL,
    WithJsonSchema({"anyOf": [{"type": "string", "examples": ["5 left and not out for 5 hours"]}, TREE_SCHEMA]}),
]


Silent = Annotated[WhenSilent, Field(strict=False)]  # else it would take no text


class RuleText(Body):
    """What a rule says; `when` is a sentence such as `5 left`, or the tree that it means.

    `whenSilent` is what `out for` makes of the time in which a fridge was silent (1.J.12): the clock goes on, stands
    still, or is forgotten until a scan misses the thing again. `origin` names the rule file that the rule is kept in.
    """

    when: When
    then: Then
    name: Name | None = None
    enabled: bool = True
    when_silent: Silent = WhenSilent.CONTINUE
    origin: Name | None = None


_ORDER: JsonValue = {"retailer": "01920b3c-6f6a-7000-8000-000000000003", "sku": "cookies-12", "packs": 1}
_RULE: dict[str, JsonValue] = {
    "item": "01920b3c-6f6a-7000-8000-000000000002",
    "name": "Cookies",
    "when": "5 left",
    "then": {"order": _ORDER},
}


class NewRule(Scoped, RuleText, json_schema_extra={"examples": [_RULE]}):
    """A rule on exactly one of an `item`, a `group`, all items of a `product`, or all at a `location`."""


class RuleReplacement(Scoped, RuleText, json_schema_extra={"examples": [_RULE]}):
    """A rule anew; it stays where it is."""


class RuleChanges(Body, json_schema_extra={"examples": [{"when": "10 left", "name": "Cookies", "enabled": False}]}):
    """What may be changed; what is left out stays."""

    when: When = None
    then: Annotated[Then | None, NOT_NULL] = None
    name: Annotated[Name | None, NOT_NULL] = None
    enabled: Annotated[bool | None, NOT_NULL] = None
    when_silent: Annotated[Silent | None, NOT_NULL] = None
    origin: Name | None = None


def drafted(uuid: UUID, item: UUID | None, text: RuleText, about: About) -> RuleDraft:
    """The rule that the text says; raises Invalid with the place in `when` and what was expected there."""
    sentence, tree = understood(text.when, about)
    return RuleDraft(
        uuid=uuid,
        item=item,
        name=text.name or _named_after(sentence),
        sentence=sentence,
        tree=_json(tree),
        then=_then(text.then),
        enabled=text.enabled,
        when_silent=text.when_silent,
        origin=text.origin,
    )


def redrafted(rule: Rule, changes: RuleChanges, about: About) -> RuleDraft:
    """The rule as it would be; a name that was only its sentence changes with it."""
    fields: dict[str, object] = {}
    if changes.when is not None:
        sentence, tree = understood(changes.when, about)
        fields |= {"sentence": sentence, "tree": _json(tree)}
        if rule.name == _named_after(rule.sentence):
            fields["name"] = _named_after(sentence)
    if changes.then is not None:
        fields["then"] = _then(changes.then)
    fields |= changes.model_dump(include={"name", "enabled", "when_silent", "origin"}, exclude_unset=True)
    present = RuleDraft(
        uuid=rule.uuid,
        item=rule.item,
        name=rule.name,
        sentence=rule.sentence,
        tree=rule.tree,
        then=rule.then,
        enabled=rule.enabled,
        when_silent=WhenSilent(rule.when_silent),
        origin=rule.origin,
    )
    return present.model_copy(update=fields)


def understood(when: object, about: About) -> tuple[str, Tree]:
    """What was written stays the sentence; a tree gets the sentence that it means. Invalid."""
    try:
        tree = written.understood(when, about)
        if about.unit is not None:
            in_unit(tree, about.unit)
        return (when.strip() if isinstance(when, str) else say(tree)), tree
    except RuleError as wrong:
        raise Invalid({"when": [wrong.message]}) from wrong


def _json(tree: Tree) -> str:
    return json.dumps(tree_to_json(tree))


def _then(then: Then) -> str:
    return then.model_dump_json(exclude_none=True)


def _named_after(sentence: str) -> str:
    return sentence[:_LONGEST_NAME]
