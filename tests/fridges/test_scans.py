"""The difference between scans, and which tags count as gone (1.J.8, 1.L From tags to stock)."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.scans import FEWEST_TO_DOUBT, Difference, out_of_band, scanned

EPCS = st.sampled_from([f"e{number:02}" for number in range(30)])
SCANS = st.lists(st.tuples(st.frozensets(EPCS), st.booleans()), max_size=12)
INSIDE = st.dictionaries(EPCS, st.integers(0, 1))


def after(inside: dict[str, int], seen: frozenset[str], *, door_was_opened: bool) -> dict[str, int]:
    """What counts as inside after a scan, with the number of misses since."""
    found = scanned(inside, sorted(seen), door_was_opened=door_was_opened)
    left = {epc: misses + 1 for epc, misses in inside.items() if epc in found.missed}
    return left | dict.fromkeys(seen, 0)


@given(INSIDE, st.frozensets(EPCS), st.booleans())
def test_the_difference_leads_from_the_scan_before_to_this_one(
    inside: dict[str, int], seen: frozenset[str], door_was_opened: bool
) -> None:
    before = {epc for epc, misses in inside.items() if misses == 0}
    difference = scanned(inside, sorted(seen), door_was_opened=door_was_opened).difference
    assert before - set(difference.removed) | set(difference.added) == seen
    assert set(difference.removed) == before - seen
    assert difference.disagreement(difference.removed[::-1], difference.added[::-1]) is None


@given(INSIDE, st.frozensets(EPCS), st.booleans())
def test_every_tag_has_one_fate(inside: dict[str, int], seen: frozenset[str], door_was_opened: bool) -> None:
    found = scanned(inside, sorted(seen), door_was_opened=door_was_opened)
    assert set(found.new) == seen - set(inside)
    assert set(found.missed) | set(found.gone) == set(inside) - seen
    assert not set(found.missed) & set(found.gone)
    assert set(found.doubted) <= set(found.missed)


@given(SCANS)
def test_a_tag_missed_once_is_not_gone_unless_the_door_was_opened(scans: list[tuple[frozenset[str], bool]]) -> None:
    inside: dict[str, int] = {}
    before: frozenset[str] = frozenset()
    for seen, door_was_opened in scans:
        left = after(inside, seen, door_was_opened=door_was_opened)
        if door_was_opened:
            assert set(left) == seen
        else:
            assert before <= set(left), "seen in the scan before, so missed at most once"
        inside, before = left, seen


@given(SCANS)
def test_what_three_scans_do_not_see_is_gone(scans: list[tuple[frozenset[str], bool]]) -> None:
    inside: dict[str, int] = {}
    for number, (seen, door_was_opened) in enumerate(scans):
        inside = after(inside, seen, door_was_opened=door_was_opened)
        lately = frozenset[str]().union(*(each for each, _ in scans[max(number - 2, 0) : number + 1]))
        assert set(inside) <= lately


def test_two_scans_without_a_door_opening_and_one_with_it() -> None:
    inside = {"butter": 0, "milk": 0}
    once = scanned(inside, ["milk"], door_was_opened=False)
    assert (once.missed, once.gone, once.difference.removed) == (("butter",), (), ("butter",))
    twice = scanned({"butter": 1, "milk": 0}, ["milk"], door_was_opened=False)
    assert (twice.gone, twice.difference.removed) == (("butter",), ())
    opened = scanned(inside, ["milk"], door_was_opened=True)
    assert opened.gone == ("butter",)
    again = scanned({"butter": 1, "milk": 0}, ["milk", "butter"], door_was_opened=False)
    assert (again.seen_again, again.new, again.difference.added) == (("butter",), (), ("butter",))


def test_most_of_many_tags_are_gone_only_when_a_third_scan_confirms_it() -> None:
    many = {f"e{number}": 1 for number in range(FEWEST_TO_DOUBT)}
    doubted = scanned(many, [], door_was_opened=False)
    assert (len(doubted.doubted), doubted.gone) == (FEWEST_TO_DOUBT, ())
    assert len(scanned(dict.fromkeys(many, 2), [], door_was_opened=False).gone) == FEWEST_TO_DOUBT
    assert len(scanned(many, [], door_was_opened=True).gone) == FEWEST_TO_DOUBT
    few = dict(list(many.items())[1:])
    assert len(scanned(few, [], door_was_opened=False).gone) == FEWEST_TO_DOUBT - 1
    four_fifths = many | dict.fromkeys(["e0", "e1", "e2", "e3"], 0)
    assert scanned(four_fifths, ["e0", "e1", "e2", "e3"], door_was_opened=False).doubted == ()


def test_a_disagreement_is_said_in_words() -> None:
    ours = Difference(removed=("a",), added=())
    assert ours.disagreement(["a"], []) is None
    assert ours.disagreement([], ["b"]) == (
        "The fridge's own difference is another one: 1 tags removed and 1 added differ."
    )


def test_the_limits_of_the_band_are_inside_it() -> None:
    """S78: without limits nothing is out of the band."""
    low, high = Decimal(-10), Decimal(10)
    assert not out_of_band(Decimal(10), low, high)
    assert not out_of_band(Decimal(-10), low, high)
    assert out_of_band(Decimal("10.1"), low, high)
    assert out_of_band(Decimal("-10.1"), low, None)
    assert not out_of_band(Decimal(99), low, None)
    assert not out_of_band(Decimal(99), None, None)
