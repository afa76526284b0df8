"""Words that are no decoration although they look it: what people say with them has its own words here."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from lark import Token

from rules.words import A_CONDITION, Mistake, unit_like

IN_DIGITS = "Write such a number in digits."
_IN_PERCENT = "Say it in percent, such as '25% left', or as a number."
_IN_OUR_UNITS = "Say it in mg, g, kg, ml, cl, l or pieces, or as a bare number in the item's own unit."
_IN_DAYS = "Count a month as 30 days, and a year as 365."
IN_HOURS = "Say the hours, such as 'between 06:00 and 12:00'."
_AS_DAY = "Say the day of the week, such as 'on saturday'."
NO_DATES = "Rules know days of the week and times of day, but no dates, months or seasons."
_WHEN = "A rule is looked at whenever something changes; say when it counts, such as 'on saturday after 10:00'."
_AS_NUMBER = "Say a number, such as '5 left'."
_WITHIN = "Say within how long, such as 'within 1 day'."
_A_SPAN = "Say a span of time, such as '12 hours' or '2 days'."
_BEHIND = "Say it behind the number: '6 in all'."
IN_THEN = "What is to follow stands in 'then'; say only when, such as '3 left'."
_WHAT_IS_LEFT = "Say how much is left, such as '5 left'."
_EXPIRES = "Say 'expires within 2 days'."
COMPARED = "Say 'more than 5 left', 'at least 5 left' or 'fewer than 5 left'."
_SURELY = "Say what is to count, such as 'at most 5 left'."
_NOT_KNOWN = "Rules know how much of an item is left and what its own button and sensor say, but not this."
_IN_JSON = "That is its name in JSON; say it in words, such as 'less than 4 days left'."
_EXCEPT = "Say 'unless' before an exception."
_NO_LEVEL_OUT = "'out for' is about what was taken out and not put back; say '0 left' for what is used up."
_ONE_IS_ENOUGH = "It is so as soon as one of them expires: 'expires within 2 days'."


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
        "tonight noon midday midnight": IN_HOURS,
        "expired spoiled spoilt": "Say 'expires within 0 days' for what has expired.",
        "couple few several many": _AS_NUMBER,
        "gone eaten drunk consumed finished empty emptied sold spent broken missing wasted lost stolen absent short "
        "needed wanted ordered required": _WHAT_IS_LEFT,
        "rotten bad old stale mouldy moldy sour ripe fresh": _EXPIRES,
        "people persons guests guest everybody everyone": _NOT_KNOWN,
        "per": "Rules know how long a stock lasts, as in 'less than 4 days left', but not how fast it is used.",
    }
)
"""Words that are decoration neither before a condition nor behind a number, each with what to say instead."""

_BEFORE = _each(
    {
        "morning mornings afternoon afternoons evening evenings night nights overnight daytime lunchtime dinnertime "
        "bedtime dawn dusk sunrise sunset o'clock oclock": IN_HOURS,
        "mon tue tues wed thu thur thurs fri sat sun holiday holidays": _AS_DAY,
        "spring summer autumn winter january february april june july august september october november december "
        "christmas easter": NO_DATES,
        "hourly daily nightly weekly fortnightly monthly quarterly yearly": _WHEN,
        "usually often sometimes rarely seldom mostly always": "Say '3 times in a row' for what is so repeatedly.",
        "soon shortly": _WITHIN,
        "keep keeps keeping ensure maintain hold need needs want wants wish require requires request must should shall "
        "may might could make sure buy buys buying order orders ordering reorder get gets restock refill fill top stop "
        "avoid prevent ignore cancel forbid refuse skip block suppress notify tell remind warn alert": IN_THEN,
        "exceed exceeds exceeding beyond past outside reaching lack lacks approaching": COMPARED,
        "circa ca approx maybe perhaps possible possibly probably ideally preferably roughly some": _SURELY,
        "lest unlike nicht kein keine ohne": _EXCEPT,
        "outfor unusedfor daysleft runsout expiresin dayofweek timeofday repeats": _IN_JSON,
        "temperature temp humidity price prices cost costs battery batteries voltage power electricity signal "
        "money budget weather": _NOT_KNOWN,
        "empty gone finished": "Say '0 left'.",
    }
)
"""Words that are good behind a number (`5 spring onions left`), but not before a condition."""

_EXPIRY = "expiry expiration expiring shelf life trial warranty validity"
_NOT_OF = {
    "outFor": {
        "sold ran run running going used we i they you everybody everyone dog cat kids guests people": _NO_LEVEL_OUT,
        "stock supply supplies": _NO_LEVEL_OUT,
        "fridge freezer refrigerator door light lights internet wifi": _NOT_KNOWN,
    },
    "low": {"sugar salt sales pressure blood water quality spirits": _NOT_KNOWN},
    "daysLeft": {_EXPIRY: _EXPIRES},
    "expiresIn": {"everything all both each most some": _ONE_IS_ENOUGH},
    "spoils": {"everything all both each most some": _ONE_IS_ENOUGH},
}
"""What is decoration before most conditions, but turns round or is none of the meaning of these."""

_OF_OTHERS = {field: _each(hints) for field, hints in _NOT_OF.items()}
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
    for before, word in pairwise(words):
        if before.lower() == "in" and word.lower() in _AFTER_IN:
            raise Mistake(A_CONDITION, word, word.column, hint=NO_DATES)
    _check(words, A_CONDITION, _IN_NAMES)


def check_subject(words: Sequence[Token], field: str) -> None:
    """Raise Mistake unless the words may stand before a condition on this field."""
    _check(words, A_CONDITION, _OF_OTHERS.get(field, {}))


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
            return _A_SPAN if of_span and said in (_AS_DAY, IN_HOURS, _IN_PERCENT, _WITHIN) else said
        if word not in _LEADING:
            return None
    return None


def _check(words: Sequence[Token], what: str, otherwise: Mapping[str, str]) -> None:
    for word in words:
        if (said := otherwise.get(word.lower())) is not None:
            raise Mistake(what, word, word.column, hint=said)
