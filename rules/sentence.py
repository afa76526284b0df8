"""Rules as people say them: `5 cookies left and not out for 5 hours` (contract 1.M)."""

import re
from collections.abc import Sequence

from lark import Token, UnexpectedToken

from domain.errors import RuleError
from rules.saying import say
from rules.tokens import grammar, tokens
from rules.tree import Tree, check
from rules.words import Mistake, expected, mended

__all__ = ["MAX_LENGTH", "parse", "say"]

# The longest sentence that `say` makes of a tree within its bounds has about 3,000 characters.
MAX_LENGTH = 4_000

_NOUN = "x"
_WORD = re.compile(r"[^\s()%]+|.")


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
    name = item.strip() if item is not None else ""
    start = len(text) - len(text.lstrip())
    end = start + len(name)
    if name and text[start:end].casefold() == name.casefold() and text[end : end + 1] in (" ", ":"):
        # any one noun says as much, and nothing moves
        text = text[:start] + _NOUN + " " * (len(name) - 1) + text[end:]
        try:
            return _read(text)
        except Mistake as another:
            mistake = mistake if another.found == _NOUN else another
    raise mended(text, mistake, _read) from None


def _read(text: str) -> Tree:
    """The tree that the text means, whatever its size; Mistake."""
    found, fault = tokens(text)
    reading = grammar().parse_interactive("")
    end = Token("$END", "", column=len(text) + 1)
    for number, token in enumerate(found if fault is not None else [*found, end]):
        try:
            tree: Tree = reading.feed_token(token)
        except UnexpectedToken:
            raise _unexpected(text, found[:number], token.column) from None
        except Mistake as mistake:
            mistake.reached = token.column or mistake.column
            raise
    if fault is not None:
        raise _unexpected(text, found, fault)
    return tree


def _unexpected(text: str, before: Sequence[Token], column: int | None) -> Mistake:
    reading = grammar().parse_interactive("")
    for token in before:
        reading.feed_token(token)
    place = column or 1
    found = _WORD.match(text, place - 1)
    accepted: set[str] = reading.accepts()  # type: ignore[no-untyped-call]  # lark has no hint there
    return Mistake(expected(accepted), found and found[0], place, misread=True)
