"""What the level calls take (1.J.1): exactly one of five fields, numbers strictly, in a form as in JSON."""

from decimal import Decimal
from typing import Any

import pytest

from domain.facts import FactKind
from tests.api.direct import Household

KINDS = {
    "level": FactKind.COUNTED,
    "percent": FactKind.PERCENT,
    "used": FactKind.USED,
    "added": FactKind.ADDED,
}
NUMBER = "This value should be a number."


async def error(paired: Household, **request: Any) -> str:
    """The sentence with which a level is refused."""
    answer = await paired.v2(headers=paired.form, **request)
    assert answer.status_code == 400, answer.text
    text: str = answer.json()["Error"]
    return text


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("text", "number"), [("0", "0"), ("7", "7"), ("007.500", "7.5"), ("0.000001", "0.000001")])
async def test_a_number_is_taken_exactly_from_a_form_and_from_json(
    home_of_levels: tuple[Household, Any], name: str, text: str, number: str
) -> None:
    household, item = home_of_levels
    before = len(household.told(item))
    assert (await household.v2(data=household.form | {name: text})).status_code == 201
    content = b'{"%s": %s}' % (name.encode(), number.encode())
    headers = household.form | {"Content-Type": "application/json"}
    assert (await household.v2(content=content, headers=headers)).status_code == 201
    for fact in household.told(item)[before:]:
        assert (fact.kind, fact.quantity) == (KINDS[name], Decimal(number))


@pytest.mark.parametrize(
    "number", ["0E-1000", "5.0000000000000000000000000000000000000000000000", "1000000000.000000", "5e0"]
)
async def test_a_number_is_kept_as_short_as_it_is(home_of_levels: tuple[Household, Any], number: str) -> None:
    household, item = home_of_levels
    headers = household.form | {"Content-Type": "application/json"}
    answer = await household.v2(content=b'{"level": %s}' % number.encode(), headers=headers)
    assert answer.status_code == 201, answer.text
    assert len(str(household.told(item)[-1].quantity)) <= 17
    assert (await household.seen(item))["level"] == float(number)


@pytest.mark.parametrize(("said", "is_low"), [("true", True), ("false", False)])
async def test_a_binary_sensor_says_low_or_not(home_of_levels: tuple[Household, Any], said: str, is_low: bool) -> None:
    household, item = home_of_levels
    for request in ({"data": household.form | {"low": said}}, {"json": household.form | {"low": is_low}}):
        assert (await household.v2(**request)).status_code == 201
        fact = household.told(item)[-1]
        assert (fact.kind, fact.is_low, fact.quantity) == (FactKind.LOW, is_low, None)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "5 ", " 5", "+5", "5.", ".5", "5,0", "1e3", "0x5", "NaN", "inf", "-inf", "\u0665", "5\x00", "1_0"],
)
async def test_what_is_no_plain_number_is_refused_in_a_form(paired: Household, name: str, text: str) -> None:
    assert await error(paired, data={name: text}) == f"{name}: {NUMBER}"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("value", ["5", True, [], {}, [5], {"value": 5}])
async def test_what_is_no_number_is_refused_in_json(paired: Household, name: str, value: object) -> None:
    assert await error(paired, json={name: value}) == f"{name}: {NUMBER}"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "number", ["-1", "-0.000001", "1000000001", "0.0000001", "9" * 40, "1e400", "-1e400", "1e-400"]
)
async def test_numbers_beyond_all_bounds_are_refused(paired: Household, name: str, number: str) -> None:
    content = b'{"%s": %s}' % (name.encode(), number.encode())
    answer = await paired.v2(content=content, headers=paired.form | {"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["Error"].startswith(f"{name}: This value should ")
    if "e" not in number:
        assert (await error(paired, data={name: number})).startswith(f"{name}: This value should ")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "05", "5.", ".5", "+5", "0x5"])
async def test_what_json_does_not_know_is_no_json(paired: Household, number: str) -> None:
    headers = paired.form | {"Content-Type": "application/json"}
    answer = await paired.v2(content=b'{"level": %s}' % number.encode(), headers=headers)
    assert answer.status_code == 400
    assert answer.json()["Error"].startswith("The body is not valid JSON: it goes wrong at line 1, column 1")


async def test_a_percentage_ends_at_a_hundred(paired: Household) -> None:
    assert (await error(paired, json={"percent": 100.5})).startswith("percent: This value should be less than")


@pytest.mark.parametrize("low", ["", "1", "0", "yes", "True", "low", "null"])
async def test_low_is_true_or_false_and_nothing_else(paired: Household, low: str) -> None:
    assert (await error(paired, data={"low": low})).startswith("low: ")
    assert (await error(paired, json={"low": low})).startswith("low: ")
    assert (await error(paired, json={"low": 1})).startswith("low: ")


@pytest.mark.parametrize("said", [{}, {"level": 1, "used": 1}, {"low": False, "added": 1}, {"level": None}])
async def test_exactly_one_way_to_say_it_is_needed(paired: Household, said: dict[str, Any]) -> None:
    assert "Exactly one of level, percent, used, added and low is needed." in await error(paired, json=said)
