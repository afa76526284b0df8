"""How people speak of an item and its amounts: '4 cookies', '250 g of flour', '1 piece of butter', '08:00 CET'."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

_PIECE = "piece"
_WITHOUT_PLURAL = frozenset({"mg", "g", "kg", "ml", "cl", "l"})
_LONGEST_NOUN = 40
_AFTER_ES = ("sses", "shes", "ches", "xes", "zzes", "toes")
_ENDS_IN_IE = ("cookies", "brownies", "smoothies", "pies", "veggies", "selfies")


@dataclass(frozen=True)
class Words:
    """The words for one item in one household: what it is called, what it is measured in, whose clock is meant."""

    name: str = ""
    unit: str = _PIECE
    zone: tzinfo = UTC

    @property
    def noun(self) -> str:
        """What the item is called within a sentence; nothing for a name that is none."""
        name = " ".join(self.name.split())
        if len(name) > _LONGEST_NOUN:
            return ""
        return name[:1].lower() + name[1:] if name[1:].islower() else name

    @property
    def it(self) -> str:
        """What the item is called where a sentence needs a subject."""
        return f"the {self.noun}" if self.noun else "it"

    def measure(self, amount: Decimal) -> str:
        """An amount in the item's unit, without what it is of: '250 g', '3 rolls'; pieces are only counted."""
        return number(amount) if self.unit == _PIECE else f"{number(amount)} {counted(self.unit, amount)}"

    def amount(self, amount: Decimal) -> str:
        """An amount of the item: '4 cookies', '1 cookie', '250 g of flour'."""
        noun = self.noun
        if not noun:
            return self.measure(amount)
        if self.unit != _PIECE:
            return f"{self.measure(amount)} of {noun}"
        if _is_plural(noun):
            return f"{number(amount)} {_one(noun) if amount == 1 else noun}"
        return f"{number(amount)} {counted(_PIECE, amount)} of {noun}"

    def left(self, amount: Decimal) -> str:
        """How much is left."""
        return f"{self.amount(amount)} left"

    def percent_left(self, percent: Decimal) -> str:
        """How much is left of what it holds."""
        return f"{number(percent)}% of {self.it} left" if self.noun else f"{number(percent)}% left"

    def moment(self, at: datetime) -> str:
        """A moment by the household's clock, to the minute where nothing is lost."""
        local = at.astimezone(self.zone)
        exact = "%H:%M:%S" if local.second or local.microsecond else "%H:%M"
        return local.strftime(f"%Y-%m-%d {exact} %Z")


def number(value: Decimal) -> str:
    """A quantity without useless zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def singular(noun: str) -> str:
    """The noun in small letters and for one: `Cookies` is `cookie`."""
    small = noun.lower()
    return _one(small) if _is_plural(small) else small


def counted(unit: str, amount: Decimal) -> str:
    if amount == 1 or unit in _WITHOUT_PLURAL or unit.endswith("s"):
        return unit
    return f"{unit}s"


def _is_plural(noun: str) -> bool:
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is"))


def _one(noun: str) -> str:
    if noun.endswith(_ENDS_IN_IE):
        return noun[:-1]
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun[:-2] if noun.endswith(_AFTER_ES) else noun[:-1]


PLAIN = Words()
