"""A rule file: rules by name, as one writes them by hand. Everything in it is checked without asking anybody.

file: kitchen
rules:
  Cookies:
    item: Cookies
    when: 5 cookies left
    then:
      order: {retailer: Corner Shop, sku: cookies-12, packs: 2}
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import ValidationError

from domain.clocks import WhenSilent
from domain.errors import RuleError
from domain.faults import MISSING, told, unexpected
from rulefiles.nodes import Document, Fault, Unreadable, read
from rules.saying import say
from rules.spoken_of import About
from rules.then import Then
from rules.tree import Tree
from rules.written import understood

SCOPES = ("item", "group", "product", "location")
MOST_RULES = 1_000
LONGEST_NAME = 200
_KEYS = ("when", "then", "enabled", "whenSilent", *SCOPES)

Place = tuple[str, ...]


@dataclass(frozen=True)
class FileRule:
    """One rule of a file. `then` names retailers as they are written; `tree` is what the sentence means.

    `key` is the name with the blanks that somebody may have written around it.
    """

    key: str
    name: str
    scope: str
    target: str
    sentence: str
    tree: Tree
    then: dict[str, Any]
    enabled: bool
    when_silent: str

    def consequence(self, retailers: dict[str, UUID]) -> Then:
        """The `then`, with the retailers that are meant."""
        return Then.model_validate(_with_retailers(self.then, lambda name: retailers[name]))

    def retailers(self) -> list[str]:
        """Every retailer that it names, by name or uuid."""
        named: list[str] = []

        def hear(name: str) -> UUID:
            named.append(name)
            return _stand_in(name)

        _with_retailers(self.then, hear)
        return named


@dataclass(frozen=True)
class RuleFile:
    """What a file says, as far as it can be understood, and its faults in the order of the file."""

    path: Path
    origin: str
    rules: tuple[FileRule, ...]
    faults: tuple[Fault, ...]
    document: Document

    def place_of(self, rule: str, *place: str) -> str:
        """Where something of a rule stands, as editors find it."""
        key = next((each.key for each in self.rules if each.name == rule), rule)
        mark = self.document.mark(("rules", key, *place))
        return f"{self.path}:{mark.line}:{mark.column}"


def read_file(path: Path) -> RuleFile:
    """The rules of a file; what is wrong in it is in `faults`."""
    try:
        document = read(path.read_text("utf-8"))
    except UnicodeDecodeError:
        return _unreadable(path, Unreadable(Fault(Document(None, {}, frozenset()).mark(()), "", "This is no UTF-8.")))
    except Unreadable as wrong:
        return _unreadable(path, wrong)
    reading = _Reading(document)
    origin, rules = reading.file(path.stem)
    faults = sorted([*document.faults, *reading.faults], key=lambda fault: (fault.mark.line, fault.mark.column))
    return RuleFile(path, origin, tuple(rules), tuple(faults), document)


def _unreadable(path: Path, wrong: Unreadable) -> RuleFile:
    return RuleFile(path, path.stem, (), (wrong.fault,), Document(None, {}, frozenset()))


class _Reading:
    def __init__(self, document: Document) -> None:
        self._document = document
        self.faults: list[Fault] = []

    def file(self, name: str) -> tuple[str, list[FileRule]]:
        said = self._mapping(self._document.value, (), ("file", "rules"))
        origin = self._text(said.get("file"), ("file",)) if said.get("file") is not None else name
        if "rules" not in said:
            self._fault(("rules",), MISSING)
            return origin, []
        rules = self._mapping(said["rules"], ("rules",), None)
        if len(rules) > MOST_RULES:
            self._fault(("rules",), f"A rule file has at most {MOST_RULES} rules.")
            return origin, []
        read = (self._rule(key, rule, ("rules", key)) for key, rule in rules.items())
        named: dict[str, FileRule] = {}
        for rule in read:
            if rule is not None and rule.name in named:
                self._fault(("rules", rule.key), f"There is another rule that is called {rule.name}.")
            elif rule is not None:
                named[rule.name] = rule
        return origin[:LONGEST_NAME].strip(), list(named.values())

    def _rule(self, key: str, said: object, place: Place) -> FileRule | None:
        before, name = len(self.faults), key.strip()
        rule = self._mapping(said, place, _KEYS)
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            self._fault(place, f"A rule has a name of 1 to {LONGEST_NAME} printable characters.")
        scopes = [scope for scope in SCOPES if rule.get(scope) is not None]
        if len(scopes) != 1:
            self._fault((*place, *scopes[1:2]), f"Exactly one of {', '.join(SCOPES[:-1])} and {SCOPES[-1]} is needed.")
        target = self._text(rule[scopes[0]], (*place, scopes[0])) if scopes else ""
        tree = self._when(rule, target if scopes[:1] != ["location"] else None, place)
        then = self._then(rule.get("then", {}), (*place, "then"))
        enabled = rule.get("enabled", True)
        if not isinstance(enabled, bool):
            self._fault((*place, "enabled"), "This value should be true or false.")
        silent = rule.get("whenSilent", WhenSilent.CONTINUE.value)
        if silent not in list(WhenSilent):
            self._fault((*place, "whenSilent"), f"This value should be {', '.join(WhenSilent)}.")
        if len(self.faults) > before or tree is None:
            return None
        written = rule["when"]
        sentence = written.strip() if isinstance(written, str) else say(tree)
        return FileRule(key, name, scopes[0], target, sentence, tree, then, bool(enabled), str(silent))

    def _when(self, rule: dict[str, Any], item: str | None, place: Place) -> Tree | None:
        where = (*place, "when")
        if rule.get("when") is None:
            self._fault(where, MISSING)
            return None
        said = rule["when"]
        try:
            return understood(_as_json(said), About(item))
        except RuleError as wrong:
            self._fault(where, wrong.message, wrong)
        return None

    def _then(self, said: object, place: Place) -> dict[str, Any]:
        then = self._mapping(said, place, None)
        try:
            Then.model_validate(_with_retailers(then, _stand_in))
        except ValidationError as wrong:
            for error in wrong.errors(include_url=False):
                where = (
                    *place,
                    *(str(part) for part in error["loc"] if isinstance(part, int) or part != "function-wrap"),
                )
                self._fault(where, " ".join(told(error, Then)))
        return then

    def _mapping(self, said: object, place: Place, keys: Sequence[str] | None) -> dict[str, Any]:
        if not isinstance(said, dict):
            self._fault(place, "This value should be an object: lines of `name: value`, indented.")
            return {}
        for key in said if keys is not None else ():
            if key not in (keys or ()):
                self._fault((*place, key), " ".join(unexpected(key, keys or ())))
        return said

    def _text(self, said: object, place: Place) -> str:
        if isinstance(said, bool | dict | list) or not str(said).strip() or len(str(said)) > LONGEST_NAME:
            self._fault(place, f"This value should be 1 to {LONGEST_NAME} characters of text.")
        return str(said).strip()

    def _fault(self, place: Place, message: str, wrong: RuleError | None = None) -> None:
        mark = self._document.mark(place)
        if wrong is not None and place in self._document.plain and (column := _column(message)) is not None:
            mark = type(mark)(mark.line, mark.column + column - 1)
            said = message.partition(": ")[2] or message
            message = said[0].upper() + said[1:]
        self.faults.append(Fault(mark, ".".join(place), message))


def _column(message: str) -> int | None:
    """The column that a sentence's fault names."""
    head, _, _ = message.partition(":")
    number = head.removeprefix("At column ")
    return int(number) if head.startswith("At column ") and number.isdigit() else None


def _with_retailers(then: dict[str, Any], uuid_of: Callable[[str], UUID]) -> dict[str, Any]:
    """The same with a uuid for each retailer that is named as text."""
    order = then.get("order")
    if not isinstance(order, dict):
        return then
    found = dict(order)
    if isinstance(order.get("retailer"), str):
        found["retailer"] = uuid_of(order["retailer"])
    if isinstance(order.get("elsewhere"), list):
        found["elsewhere"] = tuple(
            {**other, "retailer": uuid_of(other["retailer"])}
            if isinstance(other, dict) and isinstance(other.get("retailer"), str)
            else other
            for other in order["elsewhere"]
        )
    return {**then, "order": found}


def _stand_in(name: str) -> UUID:
    """While nobody can be asked who that is."""
    return uuid5(NAMESPACE_URL, name)


def stand_ins(rule: FileRule) -> dict[str, str]:
    """The names of the retailers by what stands in for them."""
    return {str(_stand_in(name)): name for name in rule.retailers()}


def with_stand_ins(rule: FileRule) -> Then:
    """The consequence while nobody can be asked."""
    return Then.model_validate(_with_retailers(rule.then, _stand_in))


def _as_json(value: object) -> object:
    """The tree's reader takes what a JSON decoder gives."""
    return json.loads(json.dumps(value, default=_number))


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError


def lines(file: RuleFile) -> Iterator[str]:
    """Its faults as compilers write them."""
    return (f"{file.path}:{fault}" for fault in file.faults)
