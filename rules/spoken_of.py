"""What a sentence speaks of beside the item that it is on: nothing of it may be lost as mere decoration."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from lark import Token

from domain.errors import RuleError
from rules.nouns import singular
from rules.sentence import A_NOUN, without_name
from rules.tokens import tokens

_UNITS_TO_SAY = {"mg": "mg or g", "g": "g or kg", "kg": "g or kg", "ml": "ml or l", "cl": "cl or l", "l": "ml or l"}
_NUMBERS = ("NUMBER", "COUNT")
_OR_SO = ("OR_FEWER", "OR_MORE")
_IN_NOUNS = ("WORD", "DAY")
_AROUND_NOUNS = """
    a an the this that these those my our your his her its their of in at from there here is are was were be been being
    has have had will we i you it they only just still but now again either both all remaining so
"""
_HOLDING = frozenset(_AROUND_NOUNS.split())


@dataclass(frozen=True)
class About:
    """The one thing that a rule is on, as far as it is known; `others` are what else its household has, by name."""

    name: str | None = None
    unit: str | None = None
    others: Collection[str] = ()


ANYTHING = About()


def check_nouns(text: str, about: About) -> None:
    """Raise RuleError where a sentence that can be read speaks of another item, or of a unit that this one has not."""
    found, fault = tokens(text)
    own = _words(about.name or "")
    if fault is not None and about.name is not None:
        found, _ = tokens(without_name(text, about.name))
        own.append(A_NOUN)
    if about.unit in _UNITS_TO_SAY:
        _check_amounts(found, own, about.unit)
    others = {tuple(_words(name)): name for name in about.others}
    for noun in _nouns(found) if others else ():
        said = tuple(map(singular, noun))
        if said in others and not set(said) <= set(own):
            raise RuleError(f"This rule is on {about.name}; '{' '.join(noun)}' is another item: make a rule there.")


def _check_amounts(found: Sequence[Token], own: Collection[str], unit: str) -> None:
    """What stands behind a bare number is taken for nothing: `2 bags of flour left` would be 2 g."""
    for place, number in enumerate(found):
        if number.type in _NUMBERS:
            behind = place + 1 + (place + 1 < len(found) and found[place + 1].type in _OR_SO)
            strange = next((word for word in _nouns(_run(found[behind:])) if not _is_own(word, own)), None)
            if strange is not None:
                raise RuleError(
                    f"'{' '.join(strange)}' is no unit of this item. Say it in {_UNITS_TO_SAY[unit]}, "
                    f"or leave it out: '{number} {unit} left'."
                )


def _is_own(noun: Sequence[str], own: Collection[str]) -> bool:
    return all(singular(word) in own for word in noun)


def _run(found: Sequence[Token]) -> Iterator[Token]:
    """The words that the tokens begin with."""
    for token in found:
        if token.type not in _IN_NOUNS:
            return
        yield token


def _nouns(found: Iterable[Token]) -> Iterator[list[str]]:
    """The words that stand together between those of the language and those that only hold a sentence together."""
    for is_noun, words in groupby(found, key=_is_noun):
        if is_noun:
            yield [str(word) for word in words]


def _is_noun(token: Token) -> bool:
    return token.type in _IN_NOUNS and token.lower() not in _HOLDING


def _words(name: str) -> list[str]:
    return [singular(word) for word in name.split()]
