"""Rules as people say them: `5 cookies left and not out for 5 hours` (contract 1.M)."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from domain.errors import RuleError
from rules.duration import in_words, plain, seconds_from
from rules.fields import FIELDS, Kind, Operator
from rules.tree import All, AnyOf, Condition, Not, Repeated, Tree, check

# The longest sentence that `say` makes of a tree within its bounds has about 3,000 characters.
MAX_LENGTH = 4_000
_MAX_SHOWN = 40

_CONDITION = "a condition such as '5 left'"
_EXPECTED: Mapping[str, str] = {
    "NUMBER": "a number",
    "UNIT": "seconds, minutes, hours, days or weeks",
    "LEFT": "'left'",
    "MOST": "'most'",
    "LEAST": "'least'",
    "THAN": "'than'",
    "FOR": "'for'",
    "WITHIN": "'within'",
    "TRUE": "'true'",
    "FALSE": "'false'",
    "AND": "'and'",
    "OR": "'or'",
    "RPAR": "')'",
}
_WORD = re.compile(r"[^\s()%]+|.")


@v_args(inline=True)
class _Meaning(Transformer[Token, Tree]):
    """What each rule of the grammar means; the names are the grammar's."""

    def any_of(self, *parts: Tree) -> Tree:
        return AnyOf(of=parts)

    def all_of(self, *parts: Tree) -> Tree:
        return All(of=parts)

    def negated(self, part: Tree) -> Tree:
        return Not(of=part)

    def level(self, bound: Operator | None, number: Token, _noun: Token | None) -> Tree:
        return _compared("level", bound or Operator.AT_MOST, Decimal(number), number)

    def percent(self, bound: Operator | None, number: Token, _noun: Token | None) -> Tree:
        return _compared("percent", bound or Operator.AT_MOST, Decimal(number), number)

    def out_for(self, _subject: Token | None, bound: Operator | None, duration: Token) -> Tree:
        return _compared("outFor", bound or Operator.AT_LEAST, seconds_from(duration), duration)

    def expires_in(self, _subject: Token | None, duration: Token) -> Tree:
        return _compared("expiresIn", Operator.AT_MOST, seconds_from(duration), duration)

    def pressed(self, _subject: Token | None, truth: bool | None) -> Tree:
        return Condition(field="pressed", op=Operator.IS, value=truth is not False)

    def low(self, _subject: Token | None, truth: bool | None) -> Tree:
        return Condition(field="low", op=Operator.IS, value=truth is not False)

    def uncounted(self, subject: Token) -> Tree:
        raise _expected("a number", subject, subject.column)

    def unfinished(self, subject: Token) -> Tree:
        raise _expected(_CONDITION, subject, subject.column)

    def duration(self, number: Token, unit: Token) -> Token:
        return number.update(value=f"{number} {unit}")

    def subject(self, noun: Token) -> Token:
        return noun

    def noun(self, first: Token, *_more: Token) -> Token:
        return first

    def at_most(self) -> Operator:
        return Operator.AT_MOST

    def below(self) -> Operator:
        return Operator.BELOW

    def at_least(self) -> Operator:
        return Operator.AT_LEAST

    def above(self) -> Operator:
        return Operator.ABOVE

    def yes(self) -> bool:
        return True

    def no(self) -> bool:
        return False


def parse(text: str) -> Tree:
    """The tree that a sentence means; RuleError names the column and what was expected there."""
    if len(text) > MAX_LENGTH:
        raise RuleError(f"A rule has at most {MAX_LENGTH} characters; this one has {len(text)}.")
    for column, character in enumerate(text, start=1):
        if not character.isprintable():
            raise RuleError(f"At column {column}: the character U+{ord(character):04X} is not allowed.")
    reading: Any = _parser().parse_interactive(text)
    try:
        for _ in reading.iter_parse():
            pass
        tree: Tree = reading.feed_eof()
    except UnexpectedInput as unexpected:
        ended = isinstance(unexpected, UnexpectedToken) and unexpected.token.type == "$END"
        column = len(text) + 1 if ended else unexpected.column
        found = _WORD.match(text, column - 1)
        raise _expected(_wanted(reading.accepts()), found and found[0], column) from None
    check(tree)
    return tree


def say(tree: Tree) -> str:
    """The sentence that `parse` reads as an equal tree."""
    match tree:
        case Condition():
            return _said(tree)
        case Not(of=part):
            return f"not {_grouped(part)}"
        case Repeated(times=times, of=part):
            return f"{_grouped(part)} {times} times in a row"
        case All(of=parts):
            return " and ".join(map(_grouped, parts))
        case AnyOf(of=parts):
            return " or ".join(map(_grouped, parts))


def _said(condition: Condition) -> str:
    row = FIELDS[condition.field]
    phrase = row.said[condition.op]
    match condition.value:
        case bool(value):
            return phrase if value else f"{phrase} is false"
        case number:
            return phrase.format(in_words(number) if row.kind is Kind.DURATION else plain(number))


def _grouped(tree: Tree) -> str:
    return f"({say(tree)})" if isinstance(tree, All | AnyOf) else say(tree)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    # The basic lexer knows each keyword everywhere, so that `not` or `or` never passes for a noun.
    return Lark(
        Path(__file__).with_name("sentence.lark").read_text("utf-8"),
        start="sentence",
        parser="lalr",
        lexer="basic",
        transformer=_Meaning(),
    )


def _compared(field: str, op: Operator, value: Decimal | None, written: Token) -> Condition:
    row = FIELDS[field]
    if not row.admits(value):
        raise _expected(row.expectation, written, written.column)
    return Condition(field=field, op=op, value=value)


def _wanted(accepted: set[str]) -> str:
    if "NOT" in accepted:
        return _CONDITION
    if "OUT" in accepted:
        return "'out', 'expires', 'pressed' or 'low'"
    *most, last = [phrase for terminal, phrase in _EXPECTED.items() if terminal in accepted] or ["the end"]
    return f"{', '.join(most)} or {last}" if most else last


def _expected(what: str, found: str | None, column: int | None) -> RuleError:
    shown = "the end" if found is None else f"'{found if len(found) <= _MAX_SHOWN else found[:_MAX_SHOWN] + '…'}'"
    return RuleError(f"At column {column}: expected {what}, found {shown}.")
