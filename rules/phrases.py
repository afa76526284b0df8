"""What people say that the language says otherwise, and how: looked up where a sentence cannot be read."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from rules.decoration import COMPARED, IN_HOURS, IN_THEN, NO_DATES
from rules.duration import plain
from rules.words import APOSTROPHES

_AMOUNT = r"(?P<amount>\d+(?:\.\d+)?(?: ?(?:%|(?:kg|g|mg|l|ml|cl)\b))?|\b(?:two|three|four|five|six|ten|twelve)\b)"
_REQUESTS = (
    "tell|notify|inform|remind|warn|alert|let|message|mail|email|ask|order|reorder|buy|get|fetch|bring|send|add|put|"
    "restock|refill|need|want|stop"
)
_GONE = "gone|used|eaten|drunk|empty|consumed|finished"
_THOUSANDS = 3  # digits behind a comma that may as well be one between thousands
_LONGEST = 400
_HOW_MANY = "Say '0 left', or a number, such as '1 left'."
_AT_A_TIME = "Times are not added up: say how long at a time, such as 'out for 5 hours'."
_OUT_AT_LEAST = "It is asked for how long at least: 'out for 5 hours', or 'not out for 5 hours'."
_OUT_FOR = "Say 'out for 5 hours'."
_EXPIRES = "Say 'expires within 2 days'."
_LASTS = "Say how long it lasts, such as 'less than 2 days left'."
_UNUSED = "Say 'unused for 7 days'."


def _percent_left(found: re.Match[str]) -> str:
    return f"Did you mean '{plain(max(Decimal(100) - Decimal(found['percent']), Decimal(0)))}% left'?"


def _in_decimals(found: re.Match[str]) -> str:
    whole, decimals = found["whole"], found["decimals"]
    if len(decimals) == _THOUSANDS and whole.strip("0"):
        return f"Write {plain(Decimal(f'{whole}.{decimals}'))} or {whole}{decimals}."
    return f"Write it as {whole}.{decimals}."


def _fraction(found: re.Match[str]) -> str:
    upper, lower = Decimal(found["upper"]), Decimal(found["lower"])
    if not lower or (value := upper / lower) != round(value, 6):
        return "Write it as a number such as 0.5, or say it in percent."
    return f"Write it as {plain(value)}."


def _greater(found: re.Match[str]) -> str:
    amount, other = Decimal(found["less"]), Decimal(found["other"])
    return f"Say '{plain(max(amount, other))} left': reaching it counts."


_KEPT = "Did you mean 'fewer than {amount} left'?"
_REACHED = "Say '{amount} left': reaching it counts."

_PHRASES: Sequence[tuple[str, str | Callable[[re.Match[str]], str]]] = (
    # what turns the meaning round
    (rf"\b(?:keep|need|want|ensure|maintain|have|require|sure)\w*\b.*?\b(?:at least|no less than) {_AMOUNT}", _KEPT),
    (rf"\b(?:keep|always|ensure|maintain)\w*\b\D*? {_AMOUNT}", _KEPT),
    (rf"\bat least {_AMOUNT}(?![^,]*\bleft)[^,]*$", _KEPT),
    (rf"(?P<percent>\d+(?:\.\d+)?) ?(?:%|percent\b|per cent\b)(?: \w+){{0,3}}? (?:{_GONE})\b", _percent_left),
    # a request in front
    (
        rf"\b(?:do not|don[{APOSTROPHES}]t|never) (?:re)?(?:order|buy)\b",
        "Say when to order; an exception stands behind 'unless'.",
    ),
    (
        rf"\b(?:{_REQUESTS})\b(?:(?!\bleft\b).)*?\b(?P<word>when|whenever|if)\b",
        "Leave out what is in front of '{word}': what is to follow stands in 'then'.",
    ),
    (r"\b(?:re)?fill(?:ed)? (?:up )?to\b", IN_THEN),
    (r"\b(?:close|near|far|other|apart|different|rather) (?:to|from|than)\b", COMPARED),
    # nothing, or nearly
    (r"\brun(?:s|ning)? out before\b|\bgoing to run out\b", "Say 'runs out before delivery'."),
    (r"\brunning out\b|\bruns? out (?:by|on)\b", "Say 'runs out within 2 days', or '0 left'."),
    (
        r"\b(?:runs?|ran) out(?: of)?\b(?! within\b| in\b|$)|\bout of (?!the\b)|\bno (?!longer|one)(?:more )?[a-z]",
        _HOW_MANY,
    ),
    (r"\b(?:almost|nearly|practically) (?:out|gone|empty|finished|used)|\b(?:the )?last \w+(?: used)?", _HOW_MANY),
    # numbers
    (r"(?<![\d.,])(?P<whole>\d+),(?P<decimals>\d+)(?![\d.,])", _in_decimals),
    (r"(?<![\d/])(?P<upper>\d+) ?/ ?(?P<lower>\d+)(?![\d/])", _fraction),
    (r"(?<!hour )(?<!day )(?<!week )\band a half\b", "Write such a number in digits, such as 2.5."),
    (rf"\b(?:about|around|roughly|almost|nearly) {_AMOUNT}", "Say what is to count, such as 'at most {amount} left'."),
    (rf"(?:=|\bequals?\b) ?{_AMOUNT}", _REACHED),
    (
        r"^(?:(?!\bleft\b).)*?\bbetween (?P<less>\d+) and (?P<other>\d+)\b(?![:.\d]| ?[ap]m)",
        "Say 'at least {less} left and at most {other} left'.",
    ),
    (r"(?P<less>\d+) ?(?:or|to|-|\N{EN DASH}) ?(?P<other>\d+)\b(?!:)", _greater),
    # times
    (r"\bhours? (?:a|per|each|every) day\b|\bout for .*\b(?:in (?:total|all)|altogether)\b", _AT_A_TIME),
    (r"(?:\bthe )?\b\d+(?:st|nd|rd|th)\b|\b(?:of|each|every) (?:the )?month\b", NO_DATES),
    (r"\bduring the week\b", "Say 'on weekdays'."),
    (r"\bnever on\b", "Say 'not on'."),
    (r"\bas soon as it is (?:on )?(?P<day>\w+day)\b", "Say 'on {day}'."),
    (r"\bas soon as\b", "Leave it out: say what is to be so, joined by 'and'."),
    (rf"\b(?:at|after|before|from|until) \d+ o[{APOSTROPHES}]?clock", IN_HOURS),
    (rf"^(?:(?!\bleft\b).)*?\bat {_AMOUNT}(?![:\d]| ?[ap]m)", _REACHED),
    (r"\b(?:left|low) for\b", "How long it has been so is not asked; say '3 times in a row' for as many reports."),
    # taken out and not put back
    (r"\bout (?:for )?(?:(?:less|fewer) than|at most|under|below|up to|no more than)\b", _OUT_AT_LEAST),
    (r"\boutside(?: for)?\b|\baway for\b", _OUT_FOR),
    (rf"(?:\bnot|n[{APOSTROPHES}]t) (?:been )?(?:put |brought )?(?:back|in the \w+)\b", _OUT_FOR),
    (r"\btaken out\b(?: and not\b)?|\bout (?:until|over|more than|at least|\d)", _OUT_FOR),
    # expiry
    (r"\b(?:not|never) be (?:eaten|used|drunk)\b", "Say 'expires before it is used'."),
    (r"\b(?:go|goes|going|turns?) (?:bad|off|sour)\b(?: (?:within|in)\b)?", _EXPIRES),
    (r"\bpast (?:its|their|the)\b|\b(?:best|use) (?:before|by)\b", _EXPIRES),
    (
        r"\b(?:about|going) to (?:expire|spoil)\b|\bbefore [\w ]+ (?:expire|spoil)s?\b|\d+ \w+ (?:expire|spoil)s?\b",
        _EXPIRES,
    ),
    (r"\bexpires? (?:in (?:less|fewer) than|by|before|on)\b", _EXPIRES),
    # use
    (r"\b(?:nobody|no one|not|never)\b.*\b(?:used?|touched|opened|eaten|moved)\b(?: (?:in|for)\b)?", _UNUSED),
    (rf"\benough\b(?: +\w+)?(?: +for\b)?|(?:\bnot|n[{APOSTROPHES}]t) last\b|\blasts? (?:until|only|till)\b", _LASTS),
    (r"\b\w+ press(?:es)?\b", "Say 'pressed'."),
    (r"\bneither\b.*\bnor\b", "Say 'not low and not 5 left'."),
    (r"\bleft of\b", "Leave out what is behind 'left'."),
)
"""The first that is found at the place of the mistake counts, so that what turns the meaning round comes first."""

_COMPILED = [(re.compile(pattern, re.IGNORECASE), said) for pattern, said in _PHRASES]


def otherwise(text: str, column: int) -> str | None:
    """How else to say the phrase at the column of the text, if it is one that is known."""
    for pattern, said in _COMPILED if len(text) <= _LONGEST else ():
        for found in pattern.finditer(text):
            if found.start() < column <= found.end() + 1:
                return said.format(**found.groupdict()) if isinstance(said, str) else said(found)
    return None
