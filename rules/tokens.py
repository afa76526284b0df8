"""From a sentence to the tokens of its grammar; an `or` that is no choice between conditions gets a name of its own."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token, UnexpectedCharacters

from rules.meaning import Meaning

_AND_OR = ("AND", "OR")
_DAYS = ("DAY", "_OR_LATER", "_OR_EARLIER")
_AMOUNTS = ("NUMBER", "COUNT", "_PERCENT", "UNIT", "MEASURE")
_WINDOWS = ("_ON", "BETWEEN", "FROM", "AFTER", "BEFORE", "UNTIL")
_AFTER_OR = {"FEWER": "OR_FEWER", "LESS": "OR_FEWER", "MORE": "OR_MORE"}
_AFTER_DAY_OR = {"later": "_OR_LATER", "earlier": "_OR_EARLIER"}
_ONLY = "only"


@lru_cache(maxsize=1)
def grammar() -> Lark:
    """The grammar of sentences, whose parser makes trees."""
    # The basic lexer knows each keyword everywhere, so that `not` or `or` never passes for a noun.
    return Lark(
        Path(__file__).with_name("sentence.lark").read_text("utf-8"),
        start="sentence",
        parser="lalr",
        lexer="basic",
        transformer=Meaning(),
    )


def tokens(text: str) -> tuple[list[Token], int | None]:
    """The tokens of the text, and the column of what is none, if anything is."""
    found: list[Token] = []
    fault = None
    try:
        # its own method `lex` would build a lexer each time
        reading = grammar().parse_interactive(text)
        for token in reading.lexer_thread.lex(reading.parser_state):  # type: ignore[no-untyped-call]  # no hint there
            found.append(token)
    except UnexpectedCharacters as unexpected:
        fault = unexpected.column
    return list(_joined(found)), fault


def _joined(found: Sequence[Token]) -> Iterator[Token]:
    """The same with each `or` and `and` named by what it joins: days in a list, `or later`, `or fewer`, windows."""
    before, place = "", 0
    while place < len(found):
        token, following = found[place], [*found[place + 1 : place + 3], None, None]
        after, then = following[0], following[1]
        if token.lower() == _ONLY and before != "NOT" and after is not None and after.type in _WINDOWS:
            place += 1  # `only on weekdays` is `on weekdays`
            continue
        name, taken = _name_of_joint(token, before, after, then) or (token.type, 1)
        if token.type == "COUNT" and after is not None and after.type == "_TIMES_IN_A_ROW":
            name = "HOW_OFTEN"  # `eggs three times in a row` is not about `eggs three`
        yield token if name == token.type else Token.new_borrow_pos(name, token.value, token)
        before, place = name, place + taken


def _name_of_joint(token: Token, before: str, after: Token | None, then: Token | None) -> tuple[str, int] | None:
    """The name of an `or` or `and` that has one of its own, and how many tokens it takes up."""
    if token.type not in _AND_OR or after is None:
        return None
    if before in _DAYS and after.type == "DAY":
        return "_DAY_TOO", 1
    if token.type == "AND":
        # a day is not another one, too: `on saturday and on sunday` is on either
        return ("_OR_AT", 1) if before in _DAYS and after.type == "_ON" else None
    name: str | None = None
    if before == "DAY":
        name = _AFTER_DAY_OR.get(after.lower())
    elif before in (*_AMOUNTS, "WORD") and (then is None or then.type != "THAN"):
        name = _AFTER_OR.get(after.type)
    if name is not None:
        return name, 2
    return ("_OR_AT", 1) if after.type in _WINDOWS else None
