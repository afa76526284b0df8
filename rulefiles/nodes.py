"""YAML as plain values that know where they stand; nothing in a file can make an object, and nothing can be endless.

Plain scalars are read as YAML 1.2 does: only `true` and `false` are truths, and `08:00` is text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from domain.errors import LarderError

LARGEST = 1024 * 1024
_MOST_NODES = 50_000
_DEEPEST = 24
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?")
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
)


@dataclass(frozen=True)
class Mark:
    """A place in a file, counted from one."""

    line: int
    column: int


@dataclass(frozen=True)
class Fault:
    """What is wrong at a place of a file; `place` is the way to it, such as `rules.Cookies.when`."""

    mark: Mark
    place: str
    message: str

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{self.mark.line}:{self.mark.column}: {where}{self.message}"


class Unreadable(LarderError):
    """A file that is no YAML, or more than anybody writes by hand: of it nothing else can be said."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(frozen=True)
class Document:
    """The values of a file, and where each of them stands, by the way to it."""

    value: Any
    marks: Mapping[tuple[str, ...], Mark]
    plain: frozenset[tuple[str, ...]]
    """The texts that stand in one line without quotes, so that a column within them is one of the file."""
    faults: tuple[Fault, ...] = ()
    """What is not read here; the values are without it."""

    def mark(self, place: tuple[str, ...]) -> Mark:
        """Where something is, or where what it is missing in begins."""
        while place and place not in self.marks:
            place = place[:-1]
        return self.marks.get(place, Mark(1, 1))


def read(text: str) -> Document:
    """The document; raises Unreadable."""
    if len(text) > LARGEST:
        raise Unreadable(Fault(Mark(1, 1), "", f"A rule file has at most {LARGEST} characters."))
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        place = Mark(1, 1) if mark is None else Mark(mark.line + 1, mark.column + 1)
        raise Unreadable(Fault(place, "", f"This is no YAML: {wrong.problem or wrong.context}.")) from None
    except (yaml.YAMLError, RecursionError) as wrong:
        raise Unreadable(Fault(Mark(1, 1), "", "This is no YAML that can be read.")) from wrong
    reading = _Reading()
    value = None if node is None else reading.value(node, ())
    return Document(value, reading.marks, frozenset(reading.plain), tuple(reading.faults))


class _Reading:
    def __init__(self) -> None:
        self.marks: dict[tuple[str, ...], Mark] = {}
        self.plain: set[tuple[str, ...]] = set()
        self.faults: list[Fault] = []
        self._nodes = 0

    def value(self, node: yaml.Node, place: tuple[str, ...]) -> Any:
        mark = Mark(node.start_mark.line + 1, node.start_mark.column + 1)
        self.marks[place] = mark
        self._nodes += 1
        if self._nodes > _MOST_NODES or len(place) > _DEEPEST:
            raise Unreadable(Fault(mark, "", "The file is larger or deeper than a rule file can be."))
        if node.tag not in _TAGS:
            self._fault(mark, place, f"The tag {node.tag} is not read here.")
        match node:
            case yaml.MappingNode():
                return self._mapping(node, place)
            case yaml.SequenceNode():
                return [self.value(part, (*place, str(number))) for number, part in enumerate(node.value)]
            case yaml.ScalarNode(value=str(text), style=style):
                if style in ("'", '"', "|", ">"):
                    return text
                if node.start_mark.line == node.end_mark.line:
                    self.plain.add(place)
                return _scalar(text)
        raise AssertionError(f"a node of an unknown kind: {node}")

    def _mapping(self, node: yaml.MappingNode, place: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            mark = Mark(key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, yaml.ScalarNode):
                self._fault(mark, place, "A key should be one word or one line of text.")
            elif key.value in found:
                self._fault(mark, (*place, key.value), "This key stands here twice.")
            else:
                found[key.value] = self.value(value, (*place, key.value))
        return found

    def _fault(self, mark: Mark, place: tuple[str, ...], message: str) -> None:
        self.faults.append(Fault(mark, ".".join(place), message))


def _scalar(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if (number := _NUMBER.fullmatch(text)) is None:
        return text
    return int(text) if number[2] is None else Decimal(text)
