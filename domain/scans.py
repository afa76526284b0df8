"""What a scan means: the difference to the one before, and which tags count as gone (1.J.8, 1.L From tags to stock)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

SCANS_TO_BE_GONE = 2
FEWEST_TO_DOUBT = 20
_MOST_AT_ONCE = Decimal("0.8")


@dataclass(frozen=True)
class Difference:
    """What a scan sees more and less than the one before: as heard, before anything counts as gone."""

    removed: tuple[str, ...]
    added: tuple[str, ...]

    def disagreement(self, removed: Collection[str], added: Collection[str]) -> str | None:
        """How the fridge's own difference differs from this, in words; None where it is the same."""
        ours, theirs = (set(self.removed), set(self.added)), (set(removed), set(added))
        if ours == theirs:
            return None
        wrong = len(ours[0] ^ theirs[0]), len(ours[1] ^ theirs[1])
        return f"The fridge's own difference is another one: {wrong[0]} tags removed and {wrong[1]} added differ."


@dataclass(frozen=True)
class Scanned:
    """What a scan makes of the tags of its fridge.

    `new` was not in this fridge, `seen_again` was missed without counting as gone, `missed` is not gone yet, `gone` is.
    `doubted` are those that would be gone if they were not so many.
    """

    difference: Difference
    new: tuple[str, ...]
    seen_again: tuple[str, ...]
    missed: tuple[str, ...]
    gone: tuple[str, ...]
    doubted: tuple[str, ...] = ()


def scanned(inside: Mapping[str, int], epcs: Collection[str], *, door_was_opened: bool) -> Scanned:
    """Compare a scan with the tags that count as inside, each with the number of scans that have missed it since.

    A tag missed in one scan is gone only if the door was opened before that scan. Without that, most of the tags going
    at once is rather a fault of the reader: the next scan has to confirm it.
    """
    seen = set(epcs)
    needed = 1 if door_was_opened else SCANS_TO_BE_GONE
    unseen = {epc: misses + 1 for epc, misses in inside.items() if epc not in seen}
    due = tuple(epc for epc, misses in unseen.items() if misses == needed)
    doubted = due if not door_was_opened and _implausible(len(due), len(inside)) else ()
    gone = tuple(epc for epc, misses in unseen.items() if misses >= needed and epc not in set(doubted))
    new = tuple(epc for epc in dict.fromkeys(epcs) if epc not in inside)
    seen_again = tuple(epc for epc, misses in inside.items() if misses and epc in seen)
    return Scanned(
        difference=Difference(
            removed=tuple(epc for epc, misses in inside.items() if not misses and epc not in seen),
            added=(*new, *seen_again),
        ),
        new=new,
        seen_again=seen_again,
        missed=tuple(epc for epc in unseen if epc not in set(gone)),
        gone=gone,
        doubted=doubted,
    )


def _implausible(going: int, inside: int) -> bool:
    return inside >= FEWEST_TO_DOUBT and going > inside * _MOST_AT_ONCE


def out_of_band(temperature: Decimal, lowest: Decimal | None, highest: Decimal | None) -> bool:
    """Whether a temperature is beyond what its owner wants to be told of (S78, 1.J.10); the limits are still inside."""
    return (lowest is not None and temperature < lowest) or (highest is not None and temperature > highest)
