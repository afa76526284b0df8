"""Batches against a shelf of single pieces, each with its own date: whoever takes one takes the first to expire."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Source
from tests.judgement.household import NOON, Household, a_rule, hours
from tests.model.steps import LONG

NO_DATE = 10**6


@dataclass
class Pieces:
    """The dates of what is on the shelf, in days; `out` are those of what was taken and may come back."""

    dates: list[int] = field(default_factory=list)
    out: list[int] = field(default_factory=list)
    was_said: bool = False

    def add(self, number: int, date: int) -> None:
        """Whatever comes in without being a return ends the wait for what was taken first."""
        self.out = self.out[1:]
        self.dates += [date] * number

    def use(self, number: int) -> None:
        """The first to expire."""
        self.dates = sorted(self.dates)[number:]

    def count(self, number: int, date: int | None) -> None:
        """All of one date, or fewer than before, or more of which nobody said anything."""
        if date is not None:
            self.dates = [date] * number
        self.use(max(0, len(self.dates) - number))
        self.dates += [NO_DATE] * (number - len(self.dates))

    def remove(self) -> None:
        """One piece, which is looked for."""
        if self.dates:
            self.out.append(min(self.dates))
        else:
            self.out.append(NO_DATE)
        self.use(1)

    def give_back(self) -> None:
        """The one that was taken first."""
        self.dates.append(self.out.pop(0) if self.out else NO_DATE)


@settings(max_examples=2_000 if LONG else 200, deadline=None, derandomize=not LONG)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "add", "use", "count", "remove", "return"]),
            st.integers(0, 4),
            st.sampled_from([None, 1, 3, 5, 8, 13]),
        ),
        max_size=25,
    )
)
def test_batches_are_those_of_a_shelf_of_single_pieces(life: list[tuple[str, int, int | None]]) -> None:
    pieces, home = Pieces(), Household([a_rule("expires within 2 days", orders=False, notify=True)])
    home.tell("counted", 0, at=NOON, source=Source.PERSON)
    for hour, (step, number, date) in enumerate(life, start=1):
        more = {} if date is None or step not in ("add", "count") else {"expires_at": NOON + timedelta(days=date)}
        pieces.was_said |= bool(more)
        match step:
            case "add":
                pieces.add(number, NO_DATE if date is None else date)
            case "use":
                pieces.use(number)
            case "count":
                pieces.count(number, date)
            case "remove":
                pieces.remove()
            case "return":
                pieces.give_back()
        kind = {"add": "added", "use": "used", "count": "counted", "remove": "removed", "return": "returned"}[step]
        quantity = None if step in ("remove", "return") else number
        home.tell(kind, quantity, at=hours(hour / 100), source=Source.PERSON, **more)
        stock = home.state.stock
        dated = [piece for piece in pieces.dates if piece != NO_DATE]
        assert stock.level == len(pieces.dates), (step, number, date)
        assert {(each.expires_at - NOON).days: each.units for each in stock.batches} == {
            day: Decimal(dated.count(day)) for day in dated
        }, (step, number, date)
        report = home.decisions[-1].rules[0]
        assert report.truth is (None if not pieces.was_said else any(day <= 2 for day in dated))
