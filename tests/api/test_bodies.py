"""What bodies are made of, and how they are decoded; no server needed."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from api.bodies import NOT_NULL, Amount, Body, Id, MacAddress, Moment, Money, Name, PositiveAmount
from api.decoding import checked, from_json
from api.envelope import Envelope, Quantity, Shown, rendered
from domain.errors import Invalid
from domain.faults import UNEXPECTED


class Sample(Body):
    name: Name = "x"
    amount: Amount = Decimal(0)
    pack_size: PositiveAmount = Decimal(1)
    money: Money = Decimal(0)
    id: Id | None = None
    at: Moment | None = None
    mac_address: MacAddress = "00:00:00:00:00:00"
    count: Annotated[int, Field(ge=0, le=100)] = 0
    flag: bool = False
    nick: Annotated[Name | None, NOT_NULL] = None


class Weighed(Shown):
    weight: Quantity


def sample(text: str) -> Sample:
    return checked(Sample, from_json(text.encode()))


def fault(text: str) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        sample(text)
    return refused.value.fields


@given(st.decimals(min_value=0, max_value=10**9, places=6))
def test_a_quantity_leaves_as_exactly_as_it_came(weight: Decimal) -> None:
    came = sample(f'{{"amount": {weight:f}}}').amount
    left = rendered(Envelope(message="", data=Weighed(weight=came)))
    assert Decimal(str(from_json(left)["data"]["weight"])) == came == weight
    assert b"e" not in left.partition(b"weight")[2].lower()


@pytest.mark.parametrize(
    ("weight", "text"),
    [("0.000001", b"0.000001"), ("1E+3", b"1000"), ("5.50", b"5.5"), ("12", b"12"), ("100.0", b"100")],
)
def test_quantities_are_plain_numbers(weight: str, text: bytes) -> None:
    assert rendered(Weighed(weight=Decimal(weight))) == b'{"weight":' + text + b"}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", value)
        for value in ('"5"', "true", "-1", "1000000000.1", "0.0000001", "1e400", "1e-400", "null", "[]", "10" * 40)
    ]
    + [("packSize", "0"), ("count", "5.0"), ("count", "true"), ("count", '"5"'), ("count", "9" * 30), ("flag", "1")]
    + [("money", value) for value in ("3.49", '"-1"', '"1e5"', '"NaN"', '" 3"', '"3,49"', '"9999999999"', '"٣"')]
    + [
        ("id", value)
        for value in ('"x"', "5", '"{0190c1a2-0000-7000-8000-000000000000}"', '"0190c1a2000070008000000000000000"')
    ]
    + [
        ("at", value)
        for value in (
            '"2022-09-11T21:23:02"',
            '"2022-09-11"',
            '"2022-02-31T00:00:00Z"',
            '"0001-01-01T00:00:00+14:00"',
            '"9999-12-31T23:59:59-14:00"',
            "1662924182",
            '"2022-09-11 21:23:02Z"',
        )
    ]
    + [("macAddress", value) for value in ('"D5:6E:FB:B7:B8"', '"G5:6E:FB:B7:B8:C5"', '""', "5")]
    + [
        ("name", value)
        for value in ('"\\u0000"', '"a\\nb"', '"  "', '""', f'"{"x" * 201}"', "5", "null", '"x\\u2028x"')
    ]
    + [("nick", "null"), ("mac_address", '"D5:6E:FB:B7:B8:C5"')],
)
def test_what_is_not_exactly_right_is_refused_by_name(field: str, value: str) -> None:
    assert list(fault(f'{{"{field}": {value}}}')) == [field]


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("amount", "5", Decimal(5)),
        ("amount", "0.1", Decimal("0.1")),
        ("amount", "1e2", Decimal(100)),
        ("money", '"3.49"', Decimal("3.49")),
        ("mac_address", '"d5-6e-fb-b7-b8-c5"', "D5:6E:FB:B7:B8:C5"),
        ("mac_address", '"d56efbb7b8c5"', "D5:6E:FB:B7:B8:C5"),
        ("at", '"2022-09-11T21:23:02+02:00"', datetime(2022, 9, 11, 19, 23, 2, tzinfo=UTC)),
        ("at", '"2022-09-11t21:23:02.5z"', datetime(2022, 9, 11, 21, 23, 2, 500_000, tzinfo=UTC)),
        ("name", '" Ada "', "Ada"),
    ],
)
def test_what_is_right_is_kept_in_one_form(field: str, value: str, kept: Any) -> None:
    alias = {"mac_address": "macAddress"}.get(field, field)
    assert getattr(sample(f'{{"{alias}": {value}}}'), field) == kept


class Shelf(Body, json_schema_extra={"examples": [{"name": "Top"}]}):
    name: Annotated[Name, Field(examples=["Top"])]


class Cupboard(Body, json_schema_extra={"examples": [{"initKey": "633344a9712fb"}]}):
    fleet_id: Id | None = None
    password: Annotated[SecretStr, Field(min_length=8)] = SecretStr("longenough")
    shelves: Annotated[list[Shelf] | None, Field(min_length=1, max_length=2)] = None
    by_name: dict[str, Sample] | None = None
    plain: Sample | None = None
    kind: Literal["oak", "pine"] = "oak"
    init_key: Annotated[str, Field(pattern="^[0-9a-f]{13}$")] = ""
    slot: Annotated[str, Field(pattern="^[a-z][0-9]$", examples=["b3"])] = ""


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ('{"plain": {"flag": "yes"}}', "plain.flag", ["This value should be true or false."]),
        ('{"plain": {"count": "5"}}', "plain.count", ["This value should be a whole number."]),
        ('{"plain": {"name": 5}}', "plain.name", ["This value should be text."]),
        ('{"plain": []}', "plain", ["This value should be an object."]),
        ('{"byName": []}', "byName", ["This value should be an object."]),
        ('{"shelves": {}}', "shelves", ["This value should be a list."]),
        ('{"shelves": ["Top"]}', "shelves.0", ['This value should be an object, such as {"name": "Top"}.']),
        ('{"shelves": []}', "shelves", ["This list should have at least 1 entry."]),
        ('{"shelves": [1, 2, 3]}', "shelves", ["This list should have at most 2 entries."]),
        ('{"shelves": [{"nme": "x"}]}', "shelves.0.nme", [UNEXPECTED, "Did you mean name?"]),
        ('{"password": "x"}', "password", ["This value should have at least 8 characters."]),
        ('{"kind": "ash"}', "kind", ["This value should be 'oak' or 'pine'."]),
        ('{"initKey": "123"}', "initKey", ["This value does not look as it should, such as 633344a9712fb."]),
        ('{"slot": "B"}', "slot", ["This value does not look as it should, such as b3."]),
        ('{"fleet_id": null}', "fleet_id", [UNEXPECTED, "Did you mean fleetId?"]),
        ('{"foo": 1}', "foo", [UNEXPECTED]),
    ],
)
def test_a_fault_says_what_would_be_right(text: str, place: str, expected: list[str]) -> None:
    """S118, S119 word for word; what goes beyond the documents stands behind them."""
    with pytest.raises(Invalid) as refused:
        checked(Cupboard, from_json(text.encode()))
    assert refused.value.fields[place] == expected


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b'{"level":4', ": it ends too early"),
        (b"{'level': 4}", ": it goes wrong at line 1, column 2"),
        (b'{"name": "\xc3\xa4",\n  "level": NaN}', ": it goes wrong at line 2, column 12"),
        (b"1" * 100_000, ""),
    ],
)
def test_what_is_no_json_hears_where(text: bytes, where: str) -> None:
    with pytest.raises(Invalid) as refused:
        from_json(text)
    assert refused.value.message == f"The body is not valid JSON{where}."


NO_JSON = [
    *(b"", b"{", b'{"a":}', b"{} x", b"'a'", b"01", b"NaN", b'{"a":Infinity}', b"1" * 100_000),
    *(b"\xff\xfe{}", b'"\xc3\x28"', b'"\\ud800"', b"\xef\xbb\xbf{}"),
    *(b"[" * 200_000, b'{"a":' * 200_000, b"[" * 200_000 + b"]" * 200_000),
]


@pytest.mark.parametrize("text", NO_JSON, ids=lambda text: str(text[:12]))
def test_what_is_no_json_is_refused_whole(text: bytes) -> None:
    with pytest.raises(Invalid):
        from_json(text)


def test_of_a_doubled_key_the_last_one_counts() -> None:
    assert sample('{"count": 1, "count": 2}').count == 2


def test_no_more_faults_are_shown_than_anybody_reads() -> None:
    assert len(fault("{" + ",".join(f'"f{number}": 1' for number in range(5000)) + "}")) == 100


def test_no_field_name_can_break_the_answer() -> None:
    assert list(fault('{"\\u0000\\n": 1}')) == ["??"]
