"""Words that are no decoration although they look it: what people say with them has its own words here."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from lark import Token

from rules.words import A_CONDITION, Mistake, unit_like

IN_DIGITS = "Write such a number in digits."
_IN_PERCENT = "Say it in percent, such as '25% left', or as a number."
_IN_OUR_UNITS = "Say it in mg, g, kg, ml, cl, l or pieces, or as a bare number in the item's own unit."
_IN_DAYS = "Count a month as 30 days, and a year as 365."
_IN_HOURS = "Say the hours, such as 'between 06:00 and 12:00'."
_AS_DAY = "Say the day of the week, such as 'on saturday'."
_NO_DATES = "Rules know days of the week and times of day, but no dates, months or seasons."
_WHEN = "A rule is looked at whenever something changes; say when it counts, such as 'on saturday after 10:00'."
_AS_NUMBER = "Say a number, such as '5 left'."
_WITHIN = "Say within how long, such as 'within 1 day'."
_A_SPAN = "Say a span of time, such as '12 hours' or '2 days'."
_BEHIND = "Say it behind the number: '6 in all'."


def _each(hints: Mapping[str, str]) -> Mapping[str, str]:
    return {word: hint for words, hint in hints.items() for word in words.split()}


_NOWHERE = _each(
    {
        "hundreds thousands dozens million millions billion point": IN_DIGITS,
        "half halves third thirds quarter quarters fifth fifths tenth tenths": _IN_PERCENT,
        "pound pounds lb lbs ounce ounces oz dl decilitre decilitres deciliter deciliters hl dg mcg pint pints quart "
        "quarts gallon gallons cup cups tablespoon tablespoons tbsp teaspoon teaspoons tsp ton tons tonne tonnes "
        "m cm mm metre metres meter meters inch inches": _IN_OUR_UNITS,
        "month months mth mths year years yr yrs": _IN_DAYS,
        "fortnight fortnights": "A fortnight is 2 weeks.",
        "today tomorrow yesterday": _AS_DAY,
        "tonight noon midday midnight": _IN_HOURS,
        "expired spoiled spoilt": "Say 'expires within 0 days' for what has expired.",
        "couple few several many": _AS_NUMBER,
        "per": "Rules know how long a stock lasts, as in 'less than 4 days left', but not how fast it is used.",
    }
)
"""Words that are decoration neither before a condition nor behind a number, each with what to say instead."""

_BEFORE = _each(
    {
        "morning mornings afternoon afternoons evening evenings night nights overnight daytime lunchtime dinnertime "
        "bedtime dawn dusk sunrise sunset o'clock oclock": _IN_HOURS,
        "mon tue tues wed thu thur thurs fri sat sun holiday holidays": _AS_DAY,
        "spring summer autumn winter january february april june july august september october november december "
        "christmas easter": _NO_DATES,
        "hourly daily nightly weekly fortnightly monthly quarterly yearly": _WHEN,
        "usually often sometimes rarely seldom mostly always": "Say '3 times in a row' for what is so repeatedly.",
        "soon shortly": _WITHIN,
        "empty gone finished": "Say '0 left'.",
    }
)
"""Words that are good behind a number (`5 spring onions left`), but not before a condition."""

_IN_NAMES = {**_NOWHERE, **_BEFORE}
_AFTER_IN = frozenset(("fall", "march", "may"))  # words that are a time only in `in may`
_EVERYWHERE = {
    **_IN_NAMES,
    "once": "What is to be so once needs no 'in a row'.",
    "altogether": _BEHIND,
    "total": _BEHIND,
}
_LEADING = frozenset(
    ("a", "an", "in", "at", "by", "for", "of", "this", "each", "every", "during", "the", "next", "last", "on")
)
_LOOKED_AT = 4
_LEFT = "'left' or a unit"


def check_name(words: Sequence[Token]) -> None:
    """Raise Mistake unless the words before a condition may be a name."""
    _check(words, A_CONDITION, _IN_NAMES)
    for before, word in pairwise(words):
        if before.lower() == "in" and word.lower() in _AFTER_IN:
            raise Mistake(A_CONDITION, word, word.column, hint=_NO_DATES)


def check_noun(words: Sequence[Token]) -> None:
    """Raise Mistake unless the words behind a number may be what is counted."""
    first = words[0]
    if (meant := unit_like(first)) is not None:
        raise Mistake(_LEFT, first, first.column, meant)
    _check(words, _LEFT, _NOWHERE)
    if words[-1].type == "DAY":
        raise Mistake(_LEFT, words[-1], words[-1].column, hint=_AS_DAY)


def hint(text: str, *, of_span: bool = False) -> str | None:
    """How to say what the text begins to say, where that is known; `of_span` where a span of time is wanted."""
    for word in text.lower().replace(",", " ").split()[:_LOOKED_AT]:
        if (said := _EVERYWHERE.get(word)) is not None:
            return _A_SPAN if of_span and said in (_AS_DAY, _IN_HOURS, _IN_PERCENT, _WITHIN) else said
        if word not in _LEADING:
            return None
    return None


def _check(words: Sequence[Token], what: str, otherwise: Mapping[str, str]) -> None:
    for word in words:
        if (said := otherwise.get(word.lower())) is not None:
            raise Mistake(what, word, word.column, hint=said)
