"""Rules as people say them: `5 cookies left and not out for 5 hours` (contract 1.M)."""

import re
from collections.abc import Sequence
from decimal import Decimal

from lark import Token, UnexpectedToken

from domain.errors import RuleError
from rules.amounts import counted, unit_of_time
from rules.decoration import IN_DIGITS, hint
from rules.duration import in_words, seconds_from
from rules.phrases import otherwise
from rules.saying import say
from rules.tokens import grammar, tokens
from rules.tree import Tree, check
from rules.words import Mistake, expected, mended

__all__ = ["A_NOUN", "MAX_LENGTH", "parse", "say", "without_name"]

# The longest sentence that `say` makes of a tree within its bounds has about 3,000 characters.
MAX_LENGTH = 4_000

A_NOUN = "x"
_WORD = re.compile(r"[^\s()%]+|.")
_OF_SPANS = frozenset(("FOR", "_WITHIN", "UNIT"))
_TIMES = {"_TIMES_IN_A_ROW"}
_NUMBERS = ("NUMBER", "COUNT")
_EACH = ("a", "an")
_LONG_NUMBERS = ("hundred", "thousand")


def parse(text: str, item: str | None = None) -> Tree:
    """The tree that a sentence means; RuleError names the place, what was expected there and the nearest right word.

    The sentence may begin with the name of the item, whatever that is made of.
    """
    if len(text) > MAX_LENGTH:
        raise RuleError(f"A rule has at most {MAX_LENGTH} characters; this one has {len(text)}.")
    for column, character in enumerate(text, start=1):
        if not character.isprintable():
            raise RuleError(f"At column {column}: the character U+{ord(character):04X} is not allowed.")
    try:
        tree = _read(text)
    except Mistake as mistake:
        tree = _read_anew(text, item, mistake)
    check(tree)
    return tree


def _read_anew(text: str, item: str | None, mistake: Mistake) -> Tree:
    """The tree where the mistake was to read the item's name as words of the language; else a better mistake."""
    if item is not None and (without := without_name(text, item)) != text:
        try:
            return _read(without)
        except Mistake as another:
            mistake, text = (mistake, text) if another.found == A_NOUN else (another, without)
    raise _said_better(text, mended(text, mistake, _read)) from None


def _said_better(text: str, mistake: Mistake) -> Mistake:
    """The mistake with how to say what was meant, unless the right word is known."""
    said = None if mistake.nearest is not None else otherwise(text, mistake.column)
    return mistake if said is None else Mistake(mistake.what, mistake.found, mistake.column, hint=said)


def without_name(text: str, item: str) -> str:
    """The text with some noun for the item's name, which may be made of anything; nothing else moves."""
    if not (name := item.strip()):
        return text
    blank = A_NOUN + " " * (len(name) - 1)
    return re.sub(rf"(?<![\w-]){re.escape(name)}(?=$|[ :),.!])", blank, text, flags=re.IGNORECASE)


def _read(text: str) -> Tree:
    """The tree that the text means, whatever its size; Mistake."""
    found, fault = tokens(text)
    reading = grammar().parse_interactive("")
    end = Token("$END", "", column=len(text) + 1)
    for number, token in enumerate(found if fault is not None else [*found, end]):
        try:
            tree: Tree = reading.feed_token(token)
        except UnexpectedToken:
            raise _unexpected(text, found[:number], token) from None
        except Mistake as mistake:
            mistake.reached = token.column or mistake.column
            raise
    if fault is not None:
        raise _unexpected(text, found, Token("", "", column=fault))
    return tree


def _unexpected(text: str, before: Sequence[Token], token: Token) -> Mistake:
    """What is wrong with the token behind those that are understood."""
    place = token.column or 1
    for read in (before, [*before, token]):
        if (time := _in_two_units(read)) is not None:
            time.reached = place
            return time
    accepted = _accepted(before)
    if accepted == _TIMES and token.type not in ("", "$END", "WORD"):
        *before, token = before  # it is no number of times
        place, accepted = token.column or 1, _accepted(before)
    found = _WORD.match(text, place - 1)
    said = _hint(text[place - 1 :], before, token, accepted)
    return Mistake(expected(accepted), found and found[0], place, misread=True, hint=said)


def _hint(rest: str, before: Sequence[Token], token: Token, accepted: set[str]) -> str | None:
    """How else to say what begins with the token, where that is known."""
    if token.type == "DAY" and "DAY" not in accepted:
        return f"Say 'on {token.lower()}'."
    last = before[-1] if before else None
    if last is not None and last.type in _NUMBERS and (token.type == "COUNT" or last.lower().endswith(_LONG_NUMBERS)):
        return IN_DIGITS
    of_span = "_WITHIN" in accepted or not _OF_SPANS.isdisjoint(each.type for each in before[-3:])
    return hint(rest, of_span=of_span)


def _accepted(before: Sequence[Token]) -> set[str]:
    reading = grammar().parse_interactive("")
    for token in before:
        reading.feed_token(token)
    accepted: set[str] = reading.accepts()  # type: ignore[no-untyped-call]  # lark has no hint there
    return accepted


def _in_two_units(read: Sequence[Token]) -> Mistake | None:
    """What is said of `5 hours and 30 minutes`, where that is what was read last."""
    last = [token for token in read if token.type != "AND"][-4:]
    if "".join(token.type for token in last).replace("COUNT", "NUMBER") != "NUMBERUNITNUMBERUNIT":
        return None
    number, unit, more, less = last
    if more.lower() in _EACH and read[-3].type != "AND":
        return None  # `5 hours a day`
    together = (seconds_from(f"{counted(number):f} {unit_of_time(unit)}") or 0) + (
        seconds_from(f"{counted(more):f} {unit_of_time(less)}") or 0
    )
    found = " ".join([number, unit, *(["and"] if read[-3].type == "AND" else []), more, less])
    return Mistake("a time in one unit", found, number.column, in_words(Decimal(together)))
