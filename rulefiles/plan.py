"""What a file would change in a Larder: rules that come, change field by field, and go. Then it can be done.

A rule belongs to a file by its `origin`; rules without it, or of another file, are nobody's business here.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from domain.errors import LarderError, NotFound
from rulefiles.file import FileRule, RuleFile
from rulefiles.larder import Names, Refused, RunningLarder

Kind = Literal["add", "change", "move", "remove"]


class Faulty(LarderError):
    """Something of the file that this Larder does not take; the message has a line for each fault."""


@dataclass(frozen=True)
class Difference:
    """One field: how it is, and how the file wants it."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Step:
    """One rule that comes, changes, moves to another scope (which makes it another one), or goes.

    `meaning` is what Larder makes of a rule that will be there.
    """

    kind: Kind
    name: str
    body: dict[str, Any]
    uuid: str | None = None
    differences: tuple[Difference, ...] = ()
    meaning: str = ""


@dataclass(frozen=True)
class Plan:
    """All of them, and the rules of this file that stay though the file has them no more."""

    steps: tuple[Step, ...]
    unchanged: int
    left: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)


def planned(file: RuleFile, larder: RunningLarder, names: Names, *, prune: bool) -> Plan:
    """Compare, and have Larder check what will be there; raises Faulty with a line for everything it does not take."""
    bodies = resolved(file, names)
    present: dict[str, list[dict[str, Any]]] = {}
    for known in _present(file, larder):
        present.setdefault(known["name"], []).append(known)
    steps, unchanged = [], 0
    for rule in file.rules:
        body, of_old = bodies[rule.name], present.pop(rule.name, [])
        # two of one name are what a move has left that did not come to its end: the one that is there already stays
        of_old.sort(key=lambda old: _scope(old) != _scope(body))
        step = _step(rule, body, of_old[0] if of_old else None)
        unchanged += step is None
        steps += [] if step is None else [step]
        steps += [_removal(old) for old in of_old[1:]]
    gone = [old for name in sorted(present) for old in present[name]]
    if prune:
        steps += [_removal(old) for old in gone]
    return Plan(_checked(steps, larder, file), unchanged, () if prune else tuple(old["name"] for old in gone))


def resolved(file: RuleFile, names: Names) -> dict[str, dict[str, Any]]:
    """What is sent for each rule, with uuids for names; raises Faulty."""
    bodies: dict[str, dict[str, Any]] = {}
    faults: list[str] = []
    for rule in file.rules:
        try:
            scope = rule.target if rule.scope == "location" else str(names.uuid(rule.scope, rule.target))
        except NotFound as unknown:
            faults.append(f"{file.place_of(rule.name, rule.scope)}: {unknown.message}")
            continue
        try:
            shops = {name: names.uuid("retailer", name) for name in rule.retailers()}
        except NotFound as unknown:
            faults.append(f"{file.place_of(rule.name, 'then', 'order')}: {unknown.message}")
            continue
        then = json.loads(rule.consequence(shops).model_dump_json(exclude_none=True))
        key = "item" if rule.scope == "group" else rule.scope
        text = {"when": rule.sentence, "then": then, "enabled": rule.enabled, "whenSilent": rule.when_silent}
        bodies[rule.name] = {key: scope, "name": rule.name, "origin": file.origin, **text}
    if faults:
        raise Faulty("\n".join(faults))
    return bodies


def present_rule(file: RuleFile, larder: RunningLarder, name: str) -> dict[str, Any] | None:
    """The rule of this file that has this name, where there is one."""
    return next((rule for rule in _present(file, larder) if rule["name"] == name), None)


def carried_out(plan: Plan, larder: RunningLarder, file: RuleFile) -> Iterator[Step]:
    """Each step once it is done; raises Faulty for one that is refused, and those after it are not done."""
    for step in plan.steps:
        try:
            _do(step, larder)
        except Refused as refused:
            raise Faulty("\n".join(placed(file, step.name, refused))) from None
        yield step


def placed(file: RuleFile, rule: str, refused: Refused) -> list[str]:
    """Every fault that Larder finds in a rule, where it stands in the file."""
    told = [
        f"{file.place_of(rule, *place.split('.'))}: {place}: {' '.join(texts)}"
        for place, texts in refused.fields.items()
    ]
    return told or [f"{file.place_of(rule)}: {refused.message}"]


def _checked(steps: list[Step], larder: RunningLarder, file: RuleFile) -> tuple[Step, ...]:
    """With what each rule means; all are asked for before the first one is changed."""
    checked, faults = [], []
    for step in steps:
        if step.kind == "remove":
            checked.append(step)
            continue
        said = {name: text for name, text in step.body.items() if name not in ("name", "origin", "enabled")}
        version = {"rule": step.uuid} if step.kind == "change" else {}
        try:
            meaning = larder.call("POST", "/rules/check", json=said | version)["data"]["meaning"]
        except Refused as refused:
            faults += placed(file, step.name, refused)
        else:
            checked.append(replace(step, meaning=meaning))
    if faults:
        raise Faulty("\n".join(faults))
    return tuple(checked)


def _present(file: RuleFile, larder: RunningLarder) -> list[dict[str, Any]]:
    return [rule for rule in larder.all("/rules") if rule["origin"] == file.origin]


def _step(rule: FileRule, body: dict[str, Any], present: dict[str, Any] | None) -> Step | None:
    if present is None:
        return Step("add", rule.name, body)
    scope, wanted = _scope(present), _scope(body)
    if scope != wanted:
        return Step("move", rule.name, body, present["uuid"], _differences(scope, wanted, ""))
    fields = ("when", "enabled", "whenSilent", "then")
    old, new = ({name: each[name] for name in fields} for each in (present, body))
    differences = _differences(old, new, "")
    return Step("change", rule.name, body, present["uuid"], differences) if differences else None


def _scope(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: rule.get(name) for name in ("item", "product", "location")}


def _removal(rule: dict[str, Any]) -> Step:
    return Step("remove", rule["name"], {}, rule["uuid"])


def _differences(old: dict[str, Any], new: dict[str, Any], before: str) -> tuple[Difference, ...]:
    """Field by field, however deep."""
    found: list[Difference] = []
    for name in dict.fromkeys((*old, *new)):
        was, will = old.get(name), new.get(name)
        if isinstance(was, dict) and isinstance(will, dict):
            found += _differences(was, will, f"{before}{name}.")
        elif was != will:
            found.append(Difference(f"{before}{name}", was, will))
    return tuple(found)


def _do(step: Step, larder: RunningLarder) -> None:
    # first what comes, then what goes: where Larder refuses the one, the other is still there
    if step.kind in ("add", "move"):
        larder.call("POST", "/rules", json=step.body)
    if step.kind in ("move", "remove"):
        larder.call("DELETE", f"/rules/{step.uuid}")
    if step.kind == "change":
        fields = ("when", "then", "enabled", "whenSilent")
        larder.call("PATCH", f"/rules/{step.uuid}", json={name: step.body[name] for name in fields})
