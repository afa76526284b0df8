"""The older device contract, to the letter (S40-S46, 1.J.1, "Repeats, keys and CommandRefs")."""

import json
from typing import Any

import httpx
import pytest

from domain.facts import FactKind, Source
from tests.api.direct import Home, Household

UNPAIRED = "This device has no instruction for this call."


def command_ref(answer: httpx.Response, status: int, text: str) -> int:
    """The CommandRef of an answer that says exactly that (S42-S44)."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    ref: int = json.loads(answer.text)[0]["CommandRef"]
    assert 100_000_000 <= ref <= 999_999_999
    assert answer.text == f'[{{"CommandRef": {ref}, "ID": {status}, "Status": {json.dumps(text)}}}]'
    return ref


def done(answer: httpx.Response) -> int:
    """The CommandRef of a success."""
    return command_ref(answer, 201, "Done")


def refused(answer: httpx.Response, reason: str) -> int:
    """The CommandRef of a refusal for that reason."""
    return command_ref(answer, 400, f"Didn't do - {reason}")


async def test_a_device_reports_with_its_key_and_its_instruction(household: Household) -> None:
    item = await household.item()
    ref = (await household.tracking(item))["ref"]
    done(await household.v1(headers={"Instruction_Ref": str(ref)}, json={"level": 5}))
    done(await household.v1(data={"level": "4"}))
    assert [fact.quantity for fact in household.told(item)] == [5, 4]
    assert {fact.source for fact in household.told(item)} == {Source.DEVICE}
    button = await household.button()
    done(await household.v1("/v1/trigger"))
    (fact,) = household.told({"uuid": button["item"]})
    assert (fact.kind, str(fact.instruction)) == (FactKind.PRESSED, button["uuid"])


@pytest.mark.parametrize("dash", ["_", "-"])
async def test_headers_may_be_written_with_dashes(household: Household, dash: str) -> None:
    ref = (await household.tracking(await household.item()))["ref"]
    headers = {f"Device{dash}Key": str(household.device.token), f"Instruction{dash}Ref": str(ref)}
    done(await household.home.http.post("/v1/level", headers=headers, json={"level": 5}))


async def test_an_app_may_call_any_instruction_of_its_user(household: Household) -> None:
    """S41, S45: `User_Auth` is the token of the login."""
    item = await household.item()
    await household.tracking(item)
    mine = await household.made("/instructions", action="reorder", order=household.an_order())
    headers = {"User_Auth": str(household.user.token)}
    done(await household.home.http.post("/v1/level", headers=headers, json={"level": 5}))
    done(await household.home.http.post("/v1/trigger", headers=headers | {"Instruction_Ref": str(mine["ref"])}))
    (level,) = household.told(item)
    (press,) = household.told({"uuid": mine["item"]})
    assert level.source is press.source is Source.PERSON
    refused(await household.v1("/v1/trigger"), UNPAIRED)  # an app's instruction is not the device's


async def test_a_repeat_has_the_command_ref_of_the_first_call(household: Household) -> None:
    item = await household.item(level=9)
    await household.tracking(item)
    first, repeat, other = [done(await household.v1(json={"used": 1, "event_id": key})) for key in ("1", "1", "2")]
    assert first == repeat != other
    assert (await household.seen(item))["level"] == 7


async def test_every_failure_has_a_command_ref_of_its_own(household: Household) -> None:
    refs = {refused(await household.v1(json={"level": 5}), UNPAIRED) for _ in range(5)}
    assert len(refs) == 5


@pytest.mark.parametrize("path", ["/v1/level", "/v1/trigger"])
async def test_without_good_credentials_nothing_is_done(home: Home, paired: Household, path: str) -> None:
    device, user, shop = str(paired.device.token), str(paired.user.token), str(paired.shop.token)
    unknown = "{} is not known, or no longer valid."
    cases: list[tuple[dict[str, str], str]] = [
        ({}, "Device_Key or User_Auth is missing."),
        ({"Device_Key": "", "User_Auth": " "}, "Device_Key or User_Auth is missing."),
        ({"Device_Key": device, "User_Auth": user}, "Send either Device_Key or User_Auth, not both."),
        ({"Device_Key": "device_id"}, unknown.format("Device_Key")),
        ({"Device_Key": device[:-1]}, unknown.format("Device_Key")),
        ({"Device_Key": user}, unknown.format("Device_Key")),
        ({"Device_Key": shop}, unknown.format("Device_Key")),
        ({"User_Auth": device}, unknown.format("User_Auth")),
        ({"User_Auth": "user_token_from_id_server"}, unknown.format("User_Auth")),
        ({"Device_Key": device, "Device-Key": user}, "Device_Key: This header is there twice."),
        ({"Authorization": f"Bearer {device}"}, "Device_Key or User_Auth is missing."),
    ]
    for headers, reason in cases:
        answer = await home.http.post(path, headers={k: v.strip() for k, v in headers.items()}, json={})
        refused(answer, reason)
        assert "www-authenticate" not in answer.headers


async def test_of_several_instructions_one_is_chosen_by_its_header(household: Household) -> None:
    refs = [(await household.tracking(await household.item(name)))["ref"] for name in ("Cookies", "Flour")]
    several = "Instruction_Ref: There are several instructions for this call; choose one by its ref."
    refused(await household.v1(json={"level": 5}), several)
    done(await household.v1(json={"level": 5}, headers={"Instruction_Ref": str(refs[0])}))


async def test_a_foreign_unknown_or_deleted_instruction_is_none(household: Household) -> None:
    other = await household.home.a_household()
    foreign = await other.tracking(await other.item())
    own = await household.tracking(await household.item())
    await household.user.call("DELETE", f"/instructions/{own['uuid']}")
    user = {"User_Auth": str(household.user.token)}
    for ref in (foreign["ref"], own["ref"], 999_999_999):
        chosen = {"Instruction_Ref": str(ref)}
        refused(await household.v1(json={"level": 5}, headers=chosen), UNPAIRED)
        refused(await household.home.http.post("/v1/level", headers=user | chosen, json={"level": 5}), UNPAIRED)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"json": {"level": "5"}}, "level: This value should be a number."),
        ({"json": {}}, "level: Exactly one of level, percent, used, added and low is needed."),
        ({"json": {"level": 5, "foo": 1}}, "foo: This field was not expected."),
        ({"json": {"level": 5, "instruction_ref": 1}}, "instruction_ref: This field was not expected."),
        ({"json": [1]}, "The body should be a JSON object."),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, None),
        ({"data": {"level": "5" * 300_000}}, "The body is too large."),
        ({"json": {"level": 5}, "params": {"Device_Key": "x"}}, None),
        ({"json": {"level": 5}, "params": {"secret": "x"}}, None),
        ({"json": {"level": 5}, "headers": {"Instruction_Ref": "x"}}, None),
        ({"json": {"level": 5}, "headers": {"Idempotency-Key": "x" * 256}}, None),
    ],
)
async def test_whatever_the_caller_did_wrong_is_a_400(
    paired: Household, request_: dict[str, Any], reason: str | None
) -> None:
    answer = await paired.v1(**request_)
    refused(answer, reason or answer.json()[0]["Status"].removeprefix("Didn't do - "))


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/v1/level", "/v1/trigger"])
async def test_another_method_is_refused_in_the_same_shape(home: Home, method: str, path: str) -> None:
    refused(await home.http.request(method, path), "This method is not for this address, which takes POST.")


async def test_while_temporal_is_away_503_keeps_its_number(paired: Household) -> None:
    async with paired.home.temporal_away():
        answer = await paired.v1(json={"level": 5})
    command_ref(answer, 503, "Didn't do - Temporal does not answer.")
    assert answer.headers["retry-after"] == "5"
