"""How many packs, worked out by hand: every combination of up-to, pack, capacity, on order and approval (1.N).

Each line is one jar at a level of 4 with the rule `5 left`, a pack costing 2.00 EUR. To read it:

    missing = up to - level - on order             (where the rule says a number of packs, that number is taken)
    packs   = missing / pack, rounded up, and no more than `at most`
    room    = capacity - level - on order, in whole packs, rounded down
    ordered = the smaller of the two; below one pack nothing is ordered, and the decision says why
    asked   = the owner, where the price of all of it is above the limit

What is on order was ordered by another rule at a level of 10, one pack of 6, and has not come; so this rule orders
beside it (`whileOnOrder: add`).
"""

from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest

from domain.decisions import Verdict
from domain.orders import Approval
from rules.quantity import Wanted
from tests.judgement.household import Household, a_rule, an_offer, hours

LEVEL, ON_ORDER, PRICE = Decimal(4), Decimal(6), Decimal("2.00")
FIRST, SECOND = UUID(int=1), UUID(int=2)


@dataclass(frozen=True)
class Line:
    """One line of the table; `packs` is an amount or a reason."""

    wanted: Wanted
    pack: int
    capacity: int | None
    on_order: int
    packs: int | str
    because: str


def up_to(level: int, at_most: int | None = None) -> Wanted:
    return Wanted(up_to=Decimal(level), at_most=at_most)


FULL = "the level is already up to"
NO_ROOM = "not even one pack"

TABLE = [
    # a number of packs is taken as it is
    Line(Wanted(packs=1), 12, None, 0, 1, "one pack"),
    Line(Wanted(packs=3), 12, None, 0, 3, "three packs"),
    Line(Wanted(packs=3), 12, None, 6, 3, "three packs, whatever is on order"),
    # ... but no more than fits
    Line(Wanted(packs=3), 12, 40, 0, 3, "room for 40 - 4 = 36: 3 packs of 12"),
    Line(Wanted(packs=3), 12, 39, 0, 2, "room for 39 - 4 = 35: 2 packs of 12"),
    Line(Wanted(packs=3), 12, 40, 6, 2, "room for 40 - 4 - 6 = 30: 2 packs of 12"),
    Line(Wanted(packs=1), 12, 16, 0, 1, "room for 16 - 4 = 12: exactly one pack"),
    Line(Wanted(packs=1), 12, 15, 0, NO_ROOM, "room for 15 - 4 = 11: no pack of 12"),
    Line(Wanted(packs=1), 12, 16, 6, NO_ROOM, "room for 16 - 4 - 6 = 6: no pack of 12"),
    Line(Wanted(packs=3), 1, 6, 0, 2, "room for 6 - 4 = 2: 2 packs of 1"),
    Line(Wanted(packs=3), 1, 12, 6, 2, "room for 12 - 4 - 6 = 2: 2 packs of 1"),
    Line(Wanted(packs=3), 1, None, 0, 3, "three packs of one"),
    Line(Wanted(packs=3), 1, None, 6, 3, "three packs of one, whatever is on order"),
    # up to a level, rounded up to whole packs
    Line(up_to(24), 12, None, 0, 2, "24 - 4 = 20 missing: 2 packs of 12"),
    Line(up_to(28), 12, None, 0, 2, "28 - 4 = 24 missing: exactly 2 packs of 12"),
    Line(up_to(29), 12, None, 0, 3, "29 - 4 = 25 missing: 3 packs of 12"),
    Line(up_to(5), 12, None, 0, 1, "5 - 4 = 1 missing: 1 pack of 12"),
    Line(up_to(24), 1, None, 0, 20, "24 - 4 = 20 missing: 20 packs of 1"),
    Line(up_to(24), 7, None, 0, 3, "24 - 4 = 20 missing: 3 packs of 7"),
    Line(up_to(4), 12, None, 0, FULL, "4 - 4 = 0 missing"),
    Line(up_to(3), 12, None, 0, FULL, "3 - 4 is less than nothing"),
    # ... with what is on order taken off
    Line(up_to(24), 12, None, 6, 2, "24 - 4 - 6 = 14 missing: 2 packs of 12"),
    Line(up_to(22), 12, None, 6, 1, "22 - 4 - 6 = 12 missing: exactly 1 pack of 12"),
    Line(up_to(24), 1, None, 6, 14, "24 - 4 - 6 = 14 missing: 14 packs of 1"),
    Line(up_to(10), 12, None, 6, FULL, "10 - 4 - 6 = 0 missing"),
    Line(up_to(11), 12, None, 6, 1, "11 - 4 - 6 = 1 missing: 1 pack of 12"),
    # ... and no more than fits
    Line(up_to(24), 12, 28, 0, 2, "2 packs; room for 28 - 4 = 24: 2 packs of 12"),
    Line(up_to(24), 12, 27, 0, 1, "2 packs; room for 27 - 4 = 23: 1 pack of 12"),
    Line(up_to(24), 12, 24, 0, 1, "2 packs; room for 24 - 4 = 20: 1 pack of 12"),
    Line(up_to(24), 7, 24, 0, 2, "3 packs; room for 24 - 4 = 20: 2 packs of 7"),
    Line(up_to(24), 12, 34, 6, 2, "2 packs; room for 34 - 4 - 6 = 24: 2 packs of 12"),
    Line(up_to(24), 12, 33, 6, 1, "2 packs; room for 33 - 4 - 6 = 23: 1 pack of 12"),
    Line(up_to(24), 12, 21, 6, NO_ROOM, "2 packs; room for 21 - 4 - 6 = 11: no pack of 12"),
    Line(up_to(24), 1, 20, 0, 16, "20 packs; room for 20 - 4 = 16: 16 packs of 1"),
    Line(up_to(24), 1, 20, 6, 10, "14 packs; room for 20 - 4 - 6 = 10: 10 packs of 1"),
    Line(up_to(10), 12, 21, 6, FULL, "nothing missing, so room does not matter"),
    # never more than `atMost` packs
    Line(up_to(24, at_most=1), 12, None, 0, 1, "2 packs, 1 at most"),
    Line(up_to(24, at_most=2), 12, None, 0, 2, "2 packs, 2 at most"),
    Line(up_to(24, at_most=9), 12, None, 0, 2, "2 packs, 9 at most"),
    Line(up_to(48, at_most=3), 12, 30, 0, 2, "4 packs, 3 at most; room for 30 - 4 = 26: 2 packs of 12"),
    Line(up_to(48, at_most=1), 12, 30, 6, 1, "4 packs, 1 at most; room for 30 - 4 - 6 = 20: 1 pack of 12"),
    Line(Wanted(packs=3, at_most=2), 12, None, 0, 2, "3 packs, 2 at most"),
    # a level far above anything asks for no more than a retailer takes
    Line(up_to(1_000_000), 1, None, 0, 10_000, "999,996 packs, 10,000 at most"),
]

# the owner is asked above 5.00 EUR, always, or never: a pack is 2.00 EUR, so that 3 packs are above and 2 are not
APPROVALS: dict[str, tuple[object, int]] = {
    "never": ("never", 10**9),
    "always": ("always", 0),
    "above 5.00": ({"above": "5.00"}, 2),
    "above 6.00": ({"above": "6.00"}, 3),
}


def a_jar(line: Line, approval: object) -> Household:
    """The jar of that line, counted at 4."""
    offer = an_offer(pack_size=str(line.pack), price=str(PRICE))
    small = an_offer(pack_size=str(ON_ORDER), price=str(PRICE))
    rule = a_rule("5 left", uuid=SECOND, wanted=line.wanted, offer=offer, approval=approval, while_on_order="add")
    jar = Household([a_rule("10 left", uuid=FIRST, offer=small), rule] if line.on_order else [rule])
    jar.tell("counted", 10, at=hours(0))
    assert jar.state.stock.ordered_units == line.on_order
    capacity = None if line.capacity is None else Decimal(line.capacity)
    jar.state = jar.state.model_copy(update={"stock": jar.state.stock.model_copy(update={"capacity": capacity})})
    jar.needs.clear()
    jar.tell("counted", str(LEVEL), at=hours(1))
    return jar


def _named(value: Line | str) -> str:
    return value if isinstance(value, str) else value.because


@pytest.mark.parametrize(("line", "approval"), list(product(TABLE, APPROVALS)), ids=_named)
def test_how_many_packs_and_whose_yes(line: Line, approval: str) -> None:
    how, unasked = APPROVALS[approval]
    jar = a_jar(line, how)
    decision = jar.decisions[-1]
    if isinstance(line.packs, str):
        assert (decision.verdict, jar.needs) == (Verdict.HELD, []), line.because
        assert line.packs in decision.sentence
        assert jar.state.memory[str(SECOND)].armed
        return
    (need,) = jar.needs
    assert need.packs == line.packs, line.because
    assert need.units == line.packs * line.pack
    assert need.total == line.packs * PRICE
    assert (need.approval is Approval.NEEDED) == (line.packs > unasked)
    assert jar.state.stock.ordered_units == line.on_order + need.units


def test_the_table_has_every_combination() -> None:
    """Of up to or so many packs, packs of one or of more, capacity or none, something on order or nothing."""
    seen = {(line.wanted.up_to is None, line.pack == 1, line.capacity is None, line.on_order == 0) for line in TABLE}
    assert len(seen) == 2**4


@pytest.mark.parametrize("line", [line for line in TABLE if not isinstance(line.packs, str)], ids=_named)
def test_an_order_that_waits_for_approval_is_on_order(line: Line) -> None:
    """So nothing is ordered a second time while somebody thinks about it."""
    jar = a_jar(line, "always")
    decision = jar.tell("counted", 3, at=hours(2))
    assert (decision.verdict, len(jar.needs)) == (Verdict.ON_ORDER, 1)
    assert jar.state.stock.ordered_units == line.on_order + jar.needs[0].units
