"""The picture of a trial: one that every reader understands, whatever it is of."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from xml.etree import ElementTree

import pytest

from api.picture import drawn
from api.trial_bodies import CurvePoint, RuleTried, Spent, TriedOrder, VersionTried

START = datetime(2026, 3, 1, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def a_version(when: str | None, *levels: float | None, orders: int = 0) -> VersionTried:
    """One whose level changes each day."""
    made = [
        TriedOrder(
            at=START + timedelta(days=day),
            delivered_at=START + timedelta(days=day + 2),
            packs=1,
            units=Decimal(12),
            retailer=UUID(int=7),
            retailer_name="Corner Shop",
            sku="cookies-12",
            name="Oat cookies",
            total=Decimal("3.49"),
            currency="EUR",
            sentence="5 left is at or below 5.",
            by_rule=True,
        )
        for day in range(orders)
    ]
    points = [
        CurvePoint(at=START + timedelta(days=day), level=None if level is None else Decimal(str(level)))
        for day, level in enumerate(levels)
    ]
    return VersionTried(
        when=when,
        thresholds=[] if when is None else [Decimal(5)],
        orders=made,
        order_count=orders,
        spent=[Spent(amount=Decimal("3.49"), currency="EUR")] if orders else [],
        days=Decimal(10),
        days_out=Decimal(1),
        average_level=Decimal("4.2"),
        curve=points,
    )


def a_trial(
    old: VersionTried, new: VersionTried, span: timedelta = timedelta(days=10), name: str = "Cookies"
) -> RuleTried:
    return RuleTried(
        item=UUID(int=1),
        item_name=name,
        unit="piece",
        from_=START,
        to=START + span,
        facts=9,
        lead_times=[],
        old=old,
        new=new,
        sentence="Without the rule nothing; with it one order.",
    )


def parts(picture: str, name: str) -> list[ElementTree.Element]:
    """All elements of a class."""
    root = ElementTree.fromstring(picture)  # noqa: S314 - our own picture
    return [element for element in root.iter() if element.get("class") == name]


def test_both_curves_thresholds_orders_and_what_was_empty_are_there() -> None:
    picture = drawn(a_trial(a_version(None, 3, 2, 1, 0, 4), a_version("5 left", 3, None, 12, 11, orders=2)))
    assert len(parts(picture, "curve")) == 3 + 1  # the second one has a gap; one more is in the legend
    assert len(parts(picture, "limit")) == 1 + 1
    assert len(parts(picture, "made")) == 2
    assert len(parts(picture, "floor")) == 1
    root = ElementTree.fromstring(picture)  # noqa: S314 - our own picture
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title description")
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert titles == [
        "Cookies, 1 Mar to 11 Mar",
        "1 Mar 00:00 UTC: 5 left is at or below 5. There on 3 Mar 00:00 UTC.",
        "2 Mar 00:00 UTC: 5 left is at or below 5. There on 4 Mar 00:00 UTC.",
    ]
    assert "prefers-color-scheme: dark" in picture


def test_what_people_write_is_text_and_nothing_else() -> None:
    name = '<script>alert(1)</script> & "co"'
    picture = drawn(a_trial(a_version(None), a_version("5 <left> & " + "x" * 200, 1), name=name))
    assert "<script>" not in picture
    assert ElementTree.fromstring(picture)[0].text == f"{name}, 1 Mar to 11 Mar"  # noqa: S314 - our own picture


@pytest.mark.parametrize(
    "span", [timedelta(minutes=5), timedelta(hours=7), timedelta(days=3), timedelta(days=400), timedelta(days=4_000)]
)
@pytest.mark.parametrize("level", [0, 0.000001, 1, 7, 999_999_999])
def test_any_span_and_any_level_fit(span: timedelta, level: float) -> None:
    picture = drawn(a_trial(a_version(None, level), a_version("5 left", level), span))
    places = [float(each.get("y", "0")) for each in parts(picture, "grid")]
    assert len(ElementTree.fromstring(picture)) > 20  # noqa: S314 - our own picture
    assert all(0 <= place <= 700 for place in places)
    assert len(parts(picture, "pale")) < 60
