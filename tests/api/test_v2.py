"""The newer device contract, to the letter (S35-S39, 1.J.1-3)."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import httpx
import pytest

from domain.facts import FactKind, Source
from tests.api.direct import Home, Household
from tests.api.server import Api

DONE = '{"Status": 201, "Message": "Done"}'
MISSING = (
    '{"Status": 400, "Error": "Please ensure that you are submitting mac_address, device_id and secret fields '
    'in your POST submission."}'
)
WRONG = (
    '{"Status": 401, "Error": "MAC Address, Device ID or Secret Key do not match the details set up in the '
    'application.  Please check and try again."}'
)
UNPAIRED = '{"Status": 400, "Error": "This device has no instruction for this call."}'


def refused(answer: httpx.Response, status: int = 400) -> str:
    """The sentence of a refusal in the documents' shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = json.loads(answer.text)
    assert list(body) == ["Status", "Error"]
    assert body["Status"] == status
    error: str = body["Error"]
    return error


async def test_a_level_is_received_with_the_literal_answer(household: Household) -> None:
    """S36, S54: what it leads to is judged afterwards."""
    item = await household.item()
    await household.tracking(item)
    answer = await household.v2(data=household.form | {"level": "5"})
    assert (answer.status_code, answer.text) == (201, DONE)
    assert answer.headers["content-type"] == "application/json"
    (fact,) = household.told(item)
    assert (fact.kind, fact.quantity, fact.source) == (FactKind.COUNTED, Decimal(5), Source.DEVICE)
    assert not fact.keyed
    assert (await household.seen(item))["level"] == 5


async def test_a_trigger_is_a_press_of_its_instruction(household: Household) -> None:
    """S29, S36."""
    button = await household.button()
    answer = await household.v2("/v2/trigger", data=household.form)
    assert (answer.status_code, answer.text) == (201, DONE)
    (fact,) = household.told({"uuid": button["item"]})
    assert (fact.kind, str(fact.instruction)) == (FactKind.PRESSED, button["uuid"])


@pytest.mark.parametrize("encoding", ["form", "json", "headers", "dashed headers", "mixed"])
async def test_credentials_come_in_a_form_in_json_or_in_headers(household: Household, encoding: str) -> None:
    item, form = await household.item(), household.form
    await household.tracking(item)
    dashed = {name.replace("_", "-").title(): value for name, value in form.items()}
    some, others = {"mac_address": form["mac_address"]}, {name: form[name] for name in ("device_id", "secret")}
    requests: dict[str, dict[str, Any]] = {
        "form": {"data": form | {"level": "3"}},
        "json": {"json": form | {"level": 3}},
        "headers": {"headers": form, "data": {"level": "3"}},
        "dashed headers": {"headers": dashed, "json": {"level": 3}},
        "mixed": {"headers": others, "data": some | {"level": "3"}},  # S39: as the document's sample has it
    }
    answer = await household.v2(**requests[encoding])
    assert (answer.status_code, answer.text) == (201, DONE)
    assert household.told(item)[0].quantity == 3


@pytest.mark.parametrize("missing", ["mac_address", "device_id", "secret"])
@pytest.mark.parametrize("how", ["left out", "blank", "blank header", "null"])
@pytest.mark.parametrize("path", ["/v2/level", "/v2/trigger"])
async def test_a_missing_credential_gets_the_documents_text(
    paired: Household, missing: str, how: str, path: str
) -> None:
    form = {name: value for name, value in paired.form.items() if name != missing}
    requests: dict[str, dict[str, Any]] = {
        "left out": {"data": form},
        "blank": {"data": form | {missing: ""}},
        "blank header": {"data": form, "headers": {missing: ""}},
        "null": {"json": form | {missing: None}},
    }
    answer = await paired.v2(path, **requests[how])
    assert (answer.status_code, answer.text) == (400, MISSING)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mac_address": "D5:6E:FB:B7:B8:C6"},
        {"mac_address": "no address"},
        {"device_id": "tYV249c8NA8u"},
        {"device_id": "x' OR 1=1"},
        {"device_id": "é" * 3000},
        {"secret": "my name is tim"},
        {"secret": "My name is tom"},
        {"secret": "x" * 10_000},
    ],
)
async def test_wrong_credentials_get_one_text_whatever_is_wrong(paired: Household, wrong: dict[str, str]) -> None:
    answer = await paired.v2(data=paired.form | wrong | {"level": "5"})
    assert (answer.status_code, answer.text) == (401, WRONG)


async def test_a_secret_in_letters_of_all_alphabets_works_in_a_header(home: Home) -> None:
    user = await home.a_user()
    body = {"name": "Jar", "macAddress": "D5:6E:FB:B7:B8:C5", "secret": "mein Name ist Änne ☂"}
    made = (await user.post("/devices", body)).json()["data"]
    headers = [
        ("mac_address", b"d5-6e-fb-b7-b8-c5"),
        ("device_id", made["deviceId"].encode()),
        ("secret", body["secret"].encode()),
    ]
    answer = await home.http.post("/v2/trigger", headers=headers)
    assert answer.text == UNPAIRED


@pytest.mark.parametrize("path", ["/v2/level", "/v2/trigger"])
async def test_credentials_in_the_address_are_refused(paired: Household, path: str) -> None:
    for name, value in paired.form.items():
        rest = {other: text for other, text in paired.form.items() if other != name}
        answer = await paired.home.http.post(path, params={name: value}, data=rest)
        sentence = refused(answer)
        assert "address" in sentence
        assert value not in answer.text


async def test_body_and_header_must_not_contradict_each_other(paired: Household) -> None:
    answer = await paired.v2(data=paired.form, headers={"device_id": "another"})
    assert refused(answer) == "device_id: The body and the header differ."
    answer = await paired.v2(json=paired.form | {"secret": None}, headers={"secret": paired.form["secret"]})
    assert refused(answer) == "secret: The body and the header differ."


async def test_what_is_not_paired_is_refused(household: Household) -> None:
    for path, data in (("/v2/level", {"level": "5"}), ("/v2/trigger", {})):
        answer = await household.v2(path, data=household.form | data)
        assert (answer.status_code, answer.text) == (400, UNPAIRED)


async def test_an_instruction_is_only_for_its_own_kind_of_call(household: Household) -> None:
    await household.button()
    assert (await household.v2(data=household.form | {"level": "5"})).text == UNPAIRED
    other = await household.home.a_household()
    await other.tracking(await other.item())
    assert (await other.v2("/v2/trigger", data=other.form)).text == UNPAIRED


async def test_a_deleted_instruction_and_that_of_a_deleted_item_are_refused(household: Household) -> None:
    item = await household.item()
    instruction = await household.tracking(item)
    assert (await household.v2(data=household.form | {"level": "5"})).text == DONE
    await household.user.call("DELETE", f"/instructions/{instruction['uuid']}")
    assert (await household.v2(data=household.form | {"level": "5"})).text == UNPAIRED
    await household.tracking(item)
    assert (await household.v2(data=household.form | {"level": "5"})).text == DONE
    await household.user.call("DELETE", f"/items/{item['uuid']}")
    assert (await household.v2(data=household.form | {"level": "5"})).text == UNPAIRED


async def test_of_several_instructions_one_is_chosen_by_its_ref(household: Household) -> None:
    items = [await household.item(name) for name in ("Cookies", "Flour")]
    refs = [(await household.tracking(item))["ref"] for item in items]
    ambiguous = refused(await household.v2(data=household.form | {"level": "5"}))
    assert ambiguous == "instruction_ref: There are several instructions for this call; choose one by its ref."
    assert [household.told(item) for item in items] == [[], []]
    await household.v2(data=household.form | {"level": "1", "instruction_ref": str(refs[1])})
    await household.v2(json=household.form | {"level": 2, "instruction_ref": refs[1]})
    await household.v2(data=household.form | {"level": "3"}, headers={"Instruction-Ref": str(refs[1])})
    assert [len(household.told(item)) for item in items] == [0, 3]


async def test_the_ref_of_another_is_as_unknown_as_one_that_is_nobodys(household: Household) -> None:
    other = await household.home.a_household()
    foreign = (await other.tracking(await other.item()))["ref"]
    await household.tracking(await household.item())
    for ref in (foreign, 999_999_999, 0):
        answer = await household.v2(data=household.form | {"level": "5", "instruction_ref": str(ref)})
        assert answer.text == UNPAIRED


@pytest.mark.parametrize("ref", ["x", "-1", "1.5", "9" * 30, "\u0661\u0662"])
async def test_a_ref_is_a_number_of_nine_digits(paired: Household, ref: str) -> None:
    answer = await paired.v2(data=paired.form | {"level": "5", "instruction_ref": ref})
    assert refused(answer) == "instruction_ref: This value should be a number of nine digits."


@pytest.mark.parametrize("content", ["[]", "5", '"level"', "null", "{", '{"level": NaN}', "\xff", "[" * 200_000])
async def test_a_broken_body_is_refused_in_the_documents_shape(paired: Household, content: str) -> None:
    headers = {"Content-Type": "application/json"} | paired.form
    refused(await paired.v2(content=content.encode("latin-1"), headers=headers))


@pytest.mark.parametrize(
    "form", [b"level=%ff", b"\xff", b"level=1&level=2", b"&".join(b"f%d=1" % n for n in range(99))]
)
async def test_a_broken_form_is_refused_in_the_documents_shape(paired: Household, form: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | paired.form
    refused(await paired.v2(content=form, headers=headers))


@pytest.mark.parametrize("media_type", ["text/plain", "", "multipart/form-data; boundary=x", "application/xml"])
async def test_another_content_type_is_415(paired: Household, media_type: str) -> None:
    headers = {"Content-Type": media_type} | paired.form
    refused(await paired.v2(content=b"level=5", headers=headers), 415)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/v2/level", "/v2/trigger", "/v2/level/"])
async def test_another_method_is_405(home: Home, method: str, path: str) -> None:
    answer = await home.http.request(method, path)
    refused(answer, 405)
    assert "POST" in answer.headers["allow"]


async def test_too_large_a_body_is_413(paired: Household) -> None:
    refused(await paired.v2(data=paired.form | {"level": "5" * 300_000}), 413)


async def test_an_unknown_field_is_named(paired: Household) -> None:
    for path in ("/v2/level", "/v2/trigger"):
        answer = await paired.v2(path, json=paired.form | {"foo": 1})
        assert refused(answer) == "foo: This field was not expected."


async def test_while_temporal_is_away_the_device_is_told_to_repeat(household: Household) -> None:
    item = await household.item()
    await household.tracking(item)
    async with household.home.temporal_away():
        answer = await household.v2(data=household.form | {"level": "5"})
        assert refused(answer, 503)
        assert answer.headers["retry-after"] == "5"
    assert household.told(item) == []


async def test_only_a_call_with_a_key_is_promised_that_its_repeat_counts_once(household: Household, api: Api) -> None:
    """The application whose Temporal is away, on the same database."""
    await household.tracking(await household.item())
    said = {}
    for key in ({}, {"event_id": "7"}, {"boot": "1", "seq": "7"}):
        answer = await api.http.post("/v2/level", data=household.form | {"used": "1"} | key)
        said[" ".join(key)] = refused(answer, 503).partition(". ")[2]
    once = "Repeat the same call; it counts once."
    unkeyed = "It may have arrived, and without a key a repeat may count again."
    assert said == {"": unkeyed, "event_id": once, "boot seq": once}


async def test_a_repeat_after_a_lost_answer_is_the_same_fact(household: Household) -> None:
    item = await household.item(level=9)
    await household.tracking(item)
    async with household.home.temporal_away(late=True):
        refused(await household.v2(data=household.form | {"used": "1", "event_id": "7"}), 503)
    assert (await household.v2(data=household.form | {"used": "1", "event_id": "7"})).text == DONE
    assert len({fact.id for fact in household.told(item)}) == 1
    assert (await household.seen(item))["level"] == 8


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"event_id": "1"}, {"event_id": "1"}, True),
        ({"event_id": "1"}, {"event_id": "2"}, False),
        ({"boot": "1", "seq": "1"}, {"boot": "1", "seq": "1"}, True),
        ({"boot": "1", "seq": "1"}, {"boot": "2", "seq": "1"}, False),
        ({"boot": "11", "seq": "1"}, {"boot": "1", "seq": "11"}, False),
        ({}, {}, False),
    ],
)
async def test_a_key_makes_a_repeat_the_same_fact(
    household: Household, first: dict[str, str], second: dict[str, str], same: bool
) -> None:
    item = await household.item()
    await household.tracking(item)
    for key in (first, second):
        await household.v2(data=household.form | {"used": "1"} | key)
    one, other = household.told(item)
    assert (one.id == other.id) is same
    assert one.keyed is bool(first)


async def test_the_key_may_be_a_header_quoted_or_not(household: Household) -> None:
    item = await household.item()
    await household.tracking(item)
    for key in ("1", '"1"', "2"):
        await household.v2(data=household.form | {"used": "1"}, headers={"Idempotency-Key": key})
    ids = [fact.id for fact in household.told(item)]
    assert ids[0] == ids[1] != ids[2]


async def test_two_devices_may_use_the_same_key_for_one_item(household: Household) -> None:
    item = await household.item(level=9)
    await household.tracking(item)
    second = await household.home.a_device(household.user)
    await household.tracking(item, device=second.shown["uuid"])
    for device_id in (household.device.shown["deviceId"], second.shown["deviceId"]):
        await household.v2(data=household.form | {"device_id": device_id, "used": "1", "event_id": "1"})
    assert (await household.seen(item))["level"] == 7


@pytest.mark.parametrize(
    "key", [{"boot": "1"}, {"seq": "1"}, {"event_id": ""}, {"event_id": "x" * 256}, {"seq": "\x00"}]
)
async def test_half_a_key_or_none_at_all_is_refused(paired: Household, key: dict[str, str]) -> None:
    refused(await paired.v2(data=paired.form | {"used": "1"} | key))


async def test_when_it_happened_is_corrected_by_the_senders_clock(household: Household) -> None:
    item = await household.item()
    await household.tracking(item)
    now = datetime.now(UTC)
    fast = timedelta(days=1)
    sent = {"at": (now + fast - timedelta(minutes=5)).isoformat(), "sent_at": (now + fast).isoformat()}
    await household.v2(data=household.form | {"level": "5"} | sent)
    await household.v2(json=household.form | {"level": 5, "at": sent["at"], "sentAt": sent["sent_at"]})
    await household.v2(json=household.form | {"level": 5, "at": sent["at"]})
    *corrected, uncorrected = household.told(item)
    for fact in corrected:
        assert fact.observed_at is not None
        assert abs(fact.observed_at - (now - timedelta(minutes=5))) < timedelta(seconds=10)
    assert uncorrected.observed_at == uncorrected.received_at  # never later than receipt


@pytest.mark.parametrize(
    "at", ["2026-03-01T12:00:00", "yesterday", "1772366400", "", "2026-02-31T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
async def test_a_moment_needs_an_offset_and_a_sane_year(paired: Household, at: str) -> None:
    assert refused(await paired.v2(data=paired.form | {"level": "5", "at": at})).startswith("at: ")


async def test_the_maddest_clocks_are_survived(household: Household) -> None:
    item = await household.item()
    await household.tracking(item)
    moments = ("1970-01-01T00:00:00+14:00", "2026-01-01T00:00:00Z", "3995-06-01T00:00:00Z", "9998-12-31T23:59:59-14:00")
    for at, sent_at in product(moments, moments):
        answer = await household.v2(data=household.form | {"level": "5", "at": at, "sent_at": sent_at})
        assert answer.text == DONE, (at, sent_at)
    assert (await household.user.get(f"/items/{item['uuid']}/history")).status_code == 200
