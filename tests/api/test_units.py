"""Amounts in another unit: converted exactly, or refused by the name of the field (S14, S15, S54-S60)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import MAX_QUANTITY
from domain.units import UnitError, converted, same_dimension
from tests.api.direct import Household
from tests.api.server import COOKIES

DIMENSIONS = [("piece",), ("mg", "g", "kg"), ("ml", "cl", "l")]
UNITS = [unit for units in DIMENSIONS for unit in units]
amounts = st.decimals(0, MAX_QUANTITY, places=6)


def there_and_back(amount: Decimal, one: str, other: str) -> Decimal | None:
    """The amount after two conversions; None where the first one refuses it."""
    try:
        there = converted(amount, one, other)
    except UnitError:
        return None
    return converted(there, other, one)


@given(amount=amounts, one=st.sampled_from(UNITS), other=st.sampled_from(UNITS))
def test_there_and_back_is_the_same_amount_or_refused(amount: Decimal, one: str, other: str) -> None:
    back = there_and_back(amount, one, other)
    assert back in (None, amount)
    if not same_dimension(one, other):
        assert back is None


@given(one=amounts, other=amounts, units=st.sampled_from([("g", "kg"), ("ml", "l"), ("ml", "cl"), ("mg", "kg")]))
def test_a_sum_converts_to_the_sum(one: Decimal, other: Decimal, units: tuple[str, str]) -> None:
    to, unit = units
    try:
        parts = converted(one, unit, to) + converted(other, unit, to)
        whole = converted(one + other, unit, to)
    except UnitError:
        return
    assert parts == whole


def test_ten_thousand_uses_do_not_drift() -> None:
    left = Decimal(1000)
    for _ in range(10_000):
        left -= converted(Decimal("0.0001"), "kg", "g")
    assert left == 0


def test_a_percentage_is_one_of_the_capacity() -> None:
    assert converted(Decimal("33.3"), "percent", "ml", Decimal(750)) == Decimal("249.75")
    assert converted(Decimal(45), "%", "l", Decimal(1)) == Decimal("0.45")
    for amount, capacity in ((Decimal(45), None), (Decimal(101), Decimal(1)), (Decimal("0.000001"), Decimal("0.1"))):
        with pytest.raises(UnitError):
            converted(amount, "percent", "l", capacity)


async def report(household: Household, item: Any, **fact: Any) -> Any:
    """An amendment by hand, and the item after it."""
    answer = await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [fact]})
    assert answer.status_code == 201, answer.text
    return await household.seen(item)


async def test_reports_in_another_unit_count_in_the_items_own(household: Household) -> None:
    flour = await household.item("Flour", unit="g", level=2, levelUnit="kg", capacity=2.5, capacityUnit="kg")
    assert (flour["level"], flour["capacity"], flour["percent"]) == (2000, 2500, 80)
    assert (await report(household, flour, kind="used", quantity=0.25, unit="kg"))["level"] == 1750
    assert (await report(household, flour, kind="added", quantity=500, unit="mg"))["level"] == 1750.5
    assert (await report(household, flour, kind="used", quantity=10, unit="percent"))["level"] == 1500.5
    assert (await report(household, flour, kind="counted", quantity=40, unit="%"))["level"] == 1000
    assert (await report(household, flour, kind="used", unit="kg"))["level"] == 0
    (newest, *_) = (await household.user.get(f"/items/{flour['uuid']}/history")).json()["data"]
    assert newest["quantity"] == 1000


async def test_a_batch_names_the_unit_that_does_not_fit(household: Household) -> None:
    milk = await household.item("Milk", unit="ml")
    facts = [
        {"id": "1", "item": milk["uuid"], "kind": "counted", "quantity": 1.5, "unit": "l"},
        {"id": "2", "item": milk["uuid"], "kind": "used", "quantity": 1, "unit": "g"},
        {"id": "3", "item": milk["uuid"], "kind": "used", "quantity": 5, "unit": "percent"},
        {"id": "4", "item": milk["uuid"], "kind": "added", "quantity": 999_999_999, "unit": "l"},
    ]
    answer = await household.user.post("/facts", {"facts": facts})
    assert answer.status_code == 400
    assert answer.json()["data"] == {
        "facts.1.unit": ["This item is measured in ml."],
        "facts.2.unit": ["A percentage needs a capacity, which this item does not have."],
        "facts.3.unit": ["In ml this is more than 1000000000."],
    }
    assert household.told(milk) == household.told(milk)[:1], "only its creation"
    assert (await household.user.post("/facts", {"facts": facts[:1]})).status_code == 201
    assert (await household.seen(milk))["level"] == 1500


async def test_a_device_may_call_in_another_unit(household: Household) -> None:
    flour = await household.item("Flour", unit="kg", level=1)
    await household.tracking(flour)
    assert (await household.v2(data=household.form | {"level": "250", "unit": "g"})).status_code == 201
    assert (await household.seen(flour))["level"] == 0.25
    wrong = await household.v2(data=household.form | {"level": "250", "unit": "ml"})
    assert (wrong.status_code, wrong.json()) == (400, {"Status": 400, "Error": "unit: This item is measured in kg."})
    extra = await household.v2(data=household.form | {"percent": "50", "unit": "g"})
    assert extra.json()["Error"] == "unit: This field was not expected."
    tiny = await household.v1(json={"used": 0.5, "unit": "mg"})
    assert (tiny.status_code, tiny.json()[0]["ID"]) == (400, 400)


async def test_a_trigger_level_in_another_unit_is_the_items_own(household: Household) -> None:
    flour, shop = await household.item("Flour", unit="g", level=2000), household.shop
    entry = COOKIES | {"unit": "g", "packSize": 1000}
    await shop.call("PUT", f"/retailers/{shop.shown['uuid']}/catalogue", json=[entry])
    paired = await household.tracking(flour, triggerLevel=0.5, triggerUnit="kg", order=household.an_order())
    assert paired["triggerLevel"] == 500
    path = f"/instructions/{paired['uuid']}"
    changed = await household.user.call("PATCH", path, json={"triggerLevel": 1, "triggerUnit": "kg"})
    assert changed.json()["data"]["triggerLevel"] == 1000
    assert (await household.user.get(f"/rules/{paired['uuid']}")).json()["data"]["when"] == "1000 left"
    for body in ({"triggerLevel": 1, "triggerUnit": "ml"}, {"triggerUnit": "kg"}):
        answer = await household.user.call("PATCH", path, json=body)
        assert (answer.status_code, list(answer.json()["data"])) == (400, ["triggerUnit"])


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"unit": "g", "level": 1, "levelUnit": "l"}, "levelUnit"),
        ({"unit": "g", "capacity": 1, "capacityUnit": "percent"}, "capacityUnit"),
        ({"unit": "g", "capacityUnit": "kg"}, "capacityUnit"),
        ({"unit": "bag", "level": 1, "levelUnit": "kg"}, "levelUnit"),
    ],
)
async def test_an_item_in_two_dimensions_is_refused(household: Household, body: dict[str, Any], place: str) -> None:
    answer = await household.user.post("/items", {"name": "x"} | body)
    assert (answer.status_code, list(answer.json()["data"])) == (400, [place])


async def test_a_capacity_is_changed_in_any_unit_of_its_dimension(household: Household) -> None:
    juice = await household.item("Juice", unit="ml", level=500, capacity=1000)
    path = f"/items/{juice['uuid']}"
    changed = await household.user.call("PATCH", path, json={"capacity": 2, "capacityUnit": "l"})
    assert (changed.json()["data"]["capacity"], changed.json()["data"]["percent"]) == (2000, 25)
    alone = await household.user.call("PATCH", path, json={"capacityUnit": "l"})
    assert (alone.status_code, list(alone.json()["data"])) == (400, ["capacityUnit"])


@pytest.mark.parametrize("sold", ["kg", "piece"])
async def test_what_is_sold_otherwise_is_not_ordered_for_an_item_in_grams(household: Household, sold: str) -> None:
    """A pack of 1 would come in as one gram."""
    shop = household.shop
    entry = COOKIES | {"sku": "flour", "packSize": 1, "unit": sold}
    path = f"/retailers/{shop.shown['uuid']}/catalogue"
    assert (await shop.call("PUT", path, json=[COOKIES, entry])).status_code == 200
    grams, alike = await household.item("Flour", unit="g"), await household.item("Flour", unit=sold)
    order = {"retailer": shop.shown["uuid"], "sku": "flour"}
    for path, body, place in (
        ("/instructions", {"action": "track", "triggerLevel": 1, "order": order}, "order.sku"),
        ("/rules", {"when": "low", "then": {"order": order}}, "then.order.sku"),
        ("/orders", order, "sku"),
    ):
        answer = await household.user.post(path, body | {"item": grams["uuid"]})
        sentence = f"This is sold by the {sold}, so the item must be measured in {sold}, too."
        assert (answer.status_code, answer.json()["data"]) == (400, {place: [sentence]})
        assert (await household.user.post(path, body | {"item": alike["uuid"]})).status_code in (201, 409)


async def test_a_word_of_ones_own_may_mean_what_is_sold(household: Household) -> None:
    """Who counts jars, and buys what is sold by the piece, has said what a jar is."""
    jars = await household.item("Jam", unit="jar")
    order = {"retailer": household.shop.shown["uuid"], "sku": "cookies-12"}
    made = await household.user.post("/rules", {"item": jars["uuid"], "when": "1 left", "then": {"order": order}})
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("written", "unit", "sentence"),
    [
        ("litre", "l", "1 litre left"),
        ("L", "l", "500 ml left"),
        ("pcs", "piece", "2 pcs left"),
        ("Grams", "g", "2 kg left"),
    ],
)
async def test_a_unit_is_known_by_any_of_its_spellings_and_sentences_speak_of_it(
    household: Household, written: str, unit: str, sentence: str
) -> None:
    item = await household.item(unit=written, level=7)
    product = await household.made("/products", name="Something", unit=written)
    assert (item["unit"], product["unit"]) == (unit, unit)
    path = f"/retailers/{household.shop.shown['uuid']}/catalogue"
    entry = COOKIES | {"sku": "other", "unit": written}
    assert (await household.shop.call("PUT", path, json=[COOKIES, entry])).status_code == 200
    sold = (await household.shop.get(path)).json()["data"]
    assert [each["unit"] for each in sold] == ["piece", unit]
    checked = await household.user.post("/rules/check", {"item": item["uuid"], "when": sentence})
    assert checked.status_code == 200, checked.text
    fact = {"id": "1", "kind": "counted", "quantity": 3, "unit": written}
    assert (await household.user.post(f"/items/{item['uuid']}/facts", {"facts": [fact]})).status_code == 201
    assert (await household.seen(item))["level"] == 3


async def test_any_other_word_for_a_unit_is_a_unit_of_its_own(household: Household) -> None:
    assert (await household.item(unit="Jar", level=2))["unit"] == "Jar"


def test_what_was_stored_under_another_spelling_is_the_same_unit() -> None:
    assert converted(Decimal(2), "l", "litre") == converted(Decimal(2), "litre", "litre") == 2
    assert same_dimension("pcs", "piece")
