"""The words of the language: what is expected at a place, and the right word nearest to a wrong one."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache, partial

from domain.errors import RuleError
from domain.units import SPELLINGS
from rules.amounts import COUNTS
from rules.fields import FIELDS
from rules.wall_clock import DAYS

A_CONDITION = "a condition such as '5 left'"
A_NUMBER = "a number"
A_UNIT_OF_TIME = "seconds, minutes, hours, days or weeks"

_EXPECTED: Mapping[str, str] = {
    "NUMBER": A_NUMBER,
    "UNIT": A_UNIT_OF_TIME,
    "DAY": FIELDS["dayOfWeek"].expectation,
    "TIME": FIELDS["timeOfDay"].expectation,
    "MOST": "'most'",
    "LEAST": "'least'",
    "THAN": "'than'",
    "FOR": "'for'",
    "_OUT": "'out'",
    "_WITHIN": "'within'",
    "_BEFORE_USE": "'before it is used'",
    "_BEFORE_DELIVERY": "'before delivery'",
    "_TIMES_IN_A_ROW": "'times in a row'",
    "USED": "'used'",
    "TRUE": "'true'",
    "FALSE": "'false'",
    "RETURNED": "'returned'",
    "AND": "'and'",
    "OR": "'or'",
    "UNLESS": "'unless'",
    "TO": "'to'",
    "RPAR": "')'",
}

_SHORTEST = 2  # a number word that is longer may be misspelt
_DAYS = [*DAYS, *(f"{day}s" for day in DAYS), "weekdays", "weekends"]
_UNITS = [unit + s for unit in ("second", "minute", "hour", "day", "week") for s in ("", "s")]
_KEYWORDS = """
    when if unless except and or but not at most fewer less least more than left remaining out for unused used
    expires expire within runs run pressed low is true false between from after before until to on removed returned
    percent altogether
"""
_PHRASES = ["times in a row", "twice in a row", "before it is used", "before delivery", "down to"]
_KNOWN: Mapping[str, str] = (
    {word: f"'{word}'" for word in [*_KEYWORDS.split(), *_PHRASES]}
    | dict.fromkeys((word for word in COUNTS if len(word) > _SHORTEST), A_NUMBER)
    | dict.fromkeys(_DAYS, _EXPECTED["DAY"])
    | dict.fromkeys(_UNITS, A_UNIT_OF_TIME)
)
_MEANT: Mapping[str, tuple[str, ...]] = {
    "maximum": ("at most",),
    "max": ("at most",),
    "minimum": ("fewer than",),  # who has a minimum of 5 wants more below it
    "min": ("fewer than",),
    "exactly": ("at most",),
    "lower": ("fewer",),
    "smaller": ("fewer",),
    "higher": ("more",),
    "greater": ("more",),
    "larger": ("more",),
    "bigger": ("more",),
    "isn't": ("is not",),
    "aren't": ("not",),
    "wasn't": ("not",),
    "hasn't": ("not",),
    "in": ("within", "times in a row"),
    "since": ("for", "after"),
    "during": ("on", "between"),
    "every": ("on",),
    "each": ("on",),
    "without": ("unless",),
    "none": ("zero",),
    "nothing": ("zero",),
    "time": ("times",),
    "times": ("times in a row",),
    "when": ("and",),
    "at": ("after", "on"),
    "if": ("and",),
    "while": ("and",),
    "twice": ("twice in a row",),
    "remain": ("left",),
    "then": ("than", "and"),
    "not": ("and not",),
    "the": ("one",),
    "d": ("days",),
    "unopened": ("unused",),
    "untouched": ("unused",),
    "taken": ("removed",),
}

_STANDS_FOR = frozenset(("every", "each", "in", "since", "minimum", "maximum", "lower", "higher", "isn't"))
"""Words that are told of although there are more mistakes."""

_CURLED = "\N{RIGHT SINGLE QUOTATION MARK}"
APOSTROPHES = f"'{_CURLED}"

_MAX_SHOWN = 40
_LONGEST_MENDED = 400
_WORDS_MENDED = 5
_CANDIDATES = 4
_ALIKE = 0.65
_MISSPELT = 0.81
_MISSING = 0.12
_MOST_MISSING = 2
_LONG = 4
_NO_UNITS = ("litter", "litters")
_LETTERS = {"d": "days", "s": "seconds", "w": "weeks"}
_ENGLISH = frozenset(("the", "then", "than", "this", "that", "these", "they", "there", "once", "one"))  # not misspelt
_WORD = re.compile(rf"[\w{APOSTROPHES}-]+")


class Mistake(RuleError):
    """A sentence that means nothing, with the place.

    `reached` is how far it was read. It is `misread` where another word may be meant; else what was found is understood
    and cannot be, and a `hint` says how else to say it.
    """

    def __init__(
        self,
        what: str,
        found: str | None,
        column: int | None,
        nearest: str | None = None,
        *,
        misread: bool = False,
        hint: str | None = None,
    ) -> None:
        self.what, self.found, self.column, self.misread = what, found, column or 1, misread and hint is None
        self.reached = self.column
        shown = "the end" if found is None else f"'{found if len(found) <= _MAX_SHOWN else found[:_MAX_SHOWN] + '…'}'"
        meant = "" if nearest is None else f" Did you mean '{nearest}'?"
        said = "" if hint is None else f" {hint}"
        self.nearest = nearest
        super().__init__(f"At column {self.column}: expected {what}, found {shown}.{meant}{said}")


def expected(accepted: Collection[str]) -> str:
    """What the grammar accepts at a place, in words."""
    if "LPAR" in accepted or "PRESSED" in accepted:
        return A_CONDITION
    if "LEFT" in accepted:
        return "'left'"
    if "AND" in accepted:
        accepted = {"AND", "OR", "UNLESS", "RPAR"} & set(accepted)
    elif "NUMBER" in accepted:
        accepted = {"NUMBER"}
    *most, last = [phrase for terminal, phrase in _EXPECTED.items() if terminal in accepted] or ["the end"]
    return f"{', '.join(most)} or {last}" if most else last


def unit_like(noun: str) -> str | None:
    """The unit that a noun is too near to: `4 dayz left` would else be 4 pieces of something."""
    if (written := noun.lower()) in _NO_UNITS:
        return None
    if written in _LETTERS:
        return _LETTERS[written]
    units = [*_UNITS, "percent", *(word for word in SPELLINGS if len(word) >= _LONG)]
    if not get_close_matches(written, units, n=1, cutoff=_MISSPELT):
        return None
    return min(get_close_matches(written, units, n=_CANDIDATES, cutoff=_ALIKE), key=partial(_distance, written))


def mended(text: str, mistake: Mistake, read: Callable[[str], object]) -> Mistake:
    """The same mistake with the nearest right word, where one makes a rule of the text, or at least more of it."""
    if not mistake.misread or len(text) > _LONGEST_MENDED:
        return mistake
    better: Mistake | None = None
    for column, word in _suspects(text, mistake):
        for candidate in _candidates(word):
            end = column - 1 + len(word)
            reached = _reached(text[: column - 1] + candidate + text[end:], read)
            if reached is not None and (better is not None or not _is_likely(word, candidate)):
                continue
            if reached is None or reached > max(mistake.reached - len(word), column) + len(candidate):
                what = mistake.what if column == mistake.column else _KNOWN.get(candidate, f"'{candidate}'")
                better = Mistake(what, word, column, candidate)
            if reached is None:
                return better or mistake
    return better or mistake


def _suspects(text: str, mistake: Mistake) -> Iterator[tuple[int, str]]:
    """The words at and before the place where the text stopped making sense, the last one first."""
    place = max(mistake.reached, mistake.column)
    words = [(found.start() + 1, found[0]) for found in _WORD.finditer(text) if found.start() < place]
    yield from reversed(words[-_WORDS_MENDED:])


@lru_cache(maxsize=1_024)
def _candidates(word: str) -> tuple[str, ...]:
    """Words that may be meant, the nearest first."""
    if len(word) > _MAX_SHOWN:
        return ()
    written = word.lower().replace(_CURLED, "'")
    jumbled = [known for known in _KNOWN if sorted(known) == sorted(written)]
    close = get_close_matches(written, _KNOWN, n=_CANDIDATES, cutoff=_ALIKE)
    near = [known for known in close if abs(len(known) - len(written)) <= _MOST_MISSING]
    near.sort(key=partial(_distance, written))
    is_right = written in _ENGLISH or (written in _KNOWN and len(written) <= _SHORTEST)
    alike = [] if is_right else [*jumbled, *near]
    return tuple(known for known in dict.fromkeys([*_MEANT.get(written, ()), *alike]) if known != written)


def _distance(written: str, known: str) -> float:
    """How far a word is from another; letters that are wrong are likelier than letters that are missing."""
    return abs(len(written) - len(known)) * _MISSING - SequenceMatcher(None, known, written).ratio()


def _is_likely(word: str, candidate: str) -> bool:
    """Whether the one may be meant by the other although there are more mistakes."""
    written = word.lower()
    if written in _STANDS_FOR:
        return candidate in _MEANT[written]
    return written not in _KNOWN and SequenceMatcher(None, candidate, written).ratio() >= _MISSPELT


def _reached(text: str, read: Callable[[str], object]) -> int | None:
    """The column at which reading stops; None where the text is a rule."""
    try:
        read(text)
    except Mistake as mistake:
        return mistake.reached
    return None
