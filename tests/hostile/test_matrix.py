"""Every operation on what a household has, by everybody else (OWASP API1, API5): refused, no data, no change."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from storage import tokens
from tests.api.fridges import a_linked_fridge
from tests.api.operations import Operation, operations
from tests.api.server import Caller
from tests.hostile.stage import CANARY, Stage

REFUSED = (401, 403, 404)
SHOWN_TO_ALL = {"GetRetailer", "SearchCatalogue"}  # a retailer and what it sells; not where its orders go
PREFIX = {"user": "ut", "device": "dk", "retailer": "rk", "fridge": "ft"}


@pytest.fixture
async def others(stage: Stage) -> Mapping[str, Caller]:
    """Whoever has good credentials of another household, of the sandbox, or a device at home, paired to nothing."""
    other, sandbox = await stage.home.a_household(), await stage.home.its_sandbox(stage.household)
    return {
        "another user": other.user,
        "another device": other.device,
        "another retailer": other.shop,
        "another fridge": await a_linked_fridge(other),
        "the own sandbox's user": sandbox.user,
        "the own sandbox's device": sandbox.device,
        "an unpaired device": await stage.home.a_device(stage.household.user),
    }


@pytest.fixture
async def dead(stage: Stage) -> Mapping[str, Caller]:
    """The household's own tokens, after their time."""
    now, parts, callers = datetime.now(UTC), stage.home.parts, {}
    household = {"user": stage.household.user, "device": stage.household.device, "retailer": stage.household.shop}
    household["fridge"] = stage.fridge
    async with parts.db.writing() as session:
        for kind, caller in household.items():
            for how, lifetime in (("revoked", timedelta(hours=1)), ("expired", timedelta(0))):
                token = tokens.issue(
                    session,
                    parts.secrets,
                    kind=kind,
                    prefix=PREFIX[kind],
                    subject=UUID(caller.shown["uuid"]),
                    now=now,
                    lifetime=lifetime,
                )
                callers[f"{how} {kind}"] = Caller(stage.home.http, token)
                if how == "revoked":
                    await session.flush()
                    await tokens.revoke(session, token[3:11], now)
    return callers


def is_open(operation: Operation) -> bool:
    """Whether it asks for nobody's credentials."""
    return {} in operation.document["security"]


def looks_after_itself(operation: Operation) -> bool:
    """Whether an `Authorization` header means nothing to it."""
    return list(operation.document["security"]) == [{}]


def ends_something(operation: Operation) -> tuple[bool, bool]:
    """For an order in which each call still finds what it is about."""
    name = operation.document["operationId"]
    return operation.method == "delete" or name == "RevokeDevice", name in (
        "DeleteItem",
        "DeleteProduct",
        "RevokeDevice",
    )


async def attempts(stage: Stage, operation: Operation, caller: Caller) -> list[httpx.Response]:
    """The operation, with everything right about it but the caller."""
    bodies = stage.bodies(operation) or [None]
    path = stage.path(operation)
    return [await caller.call(operation.method, path, **({} if body is None else {"json": body})) for body in bodies]


def check_tells_nothing(stage: Stage, answer: httpx.Response, where: str) -> None:
    """No data of the household, nor a secret."""
    assert answer.status_code < 500, f"{where}: {answer.status_code} {answer.text}"
    told = answer.text.replace(answer.request.url.path, "")
    for private in (CANARY, *stage.private, *stage.secrets):
        assert private not in told, f"{where}: {answer.status_code} tells {private}"


async def test_nobody_gets_in_anywhere(stage: Stage) -> None:
    before, asked = await stage.rows(), 0
    for operation in operations(stage.home):
        if is_open(operation):
            continue
        for answer in await attempts(stage, operation, stage.home.nobody):
            assert answer.status_code == 401, f"{operation}: {answer.status_code} {answer.text}"
            check_tells_nothing(stage, answer, str(operation))
            asked += 1
    assert await stage.rows() == before
    assert asked >= 35


async def test_others_find_nothing_and_change_nothing(stage: Stage, others: Mapping[str, Caller]) -> None:
    before, asked = await stage.rows(), 0
    for operation in operations(stage.home):
        if operation.document["operationId"] == "Logout":
            continue  # it would only end the token that it is called with
        is_of_somebody = "{" in operation.path and not looks_after_itself(operation)
        for name, caller in others.items():
            where = f"{operation} by {name}"
            for answer in await attempts(stage, operation, caller):
                if is_of_somebody and operation.document["operationId"] not in SHOWN_TO_ALL:
                    assert answer.status_code in REFUSED, f"{where}: {answer.status_code} {answer.text}"
                check_tells_nothing(stage, answer, where)
                asked += 1
    assert await stage.rows() == before
    assert asked >= 150


async def test_keys_that_were_revoked_or_ran_out_open_nothing(stage: Stage, dead: Mapping[str, Caller]) -> None:
    before, asked = await stage.rows(), 0
    for operation in operations(stage.home):
        if looks_after_itself(operation):
            continue
        for name, caller in dead.items():
            for answer in await attempts(stage, operation, caller):
                assert answer.status_code == 401, f"{operation} by {name}: {answer.status_code}"
                check_tells_nothing(stage, answer, f"{operation} by {name}")
                asked += 1
    assert await stage.rows() == before
    assert asked >= 200


async def test_another_retailers_signature_opens_nothing(stage: Stage, others: Mapping[str, Caller]) -> None:
    before, webhook = await stage.rows(), Webhook(others["another retailer"].shown["signingSecret"])
    signed = [each for each in operations(stage.home) if {"signature": []} in each.document["security"]]
    assert len(signed) >= 4
    for operation in signed:
        now = datetime.now(UTC)
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": webhook.sign("msg_1", now, "{}"),
            "Content-Type": "application/json",
        }
        answer = await stage.home.nobody.call(operation.method, stage.path(operation), headers=headers, content="{}")
        assert answer.status_code == 401, str(operation)
    assert await stage.rows() == before


@pytest.mark.parametrize("path", ["/v1/level", "/v1/trigger", "/v2/level", "/v2/trigger"])
async def test_a_device_call_never_reaches_into_another_household(
    stage: Stage, others: Mapping[str, Caller], dead: Mapping[str, Caller], path: str
) -> None:
    before, http = await stage.rows(), stage.home.http
    ref, body = str(stage.refs[path[4:]]), {"level": "1"} if path.endswith("level") else {}
    if path.startswith("/v1"):
        strangers = [{"Device_Key": caller.token or ""} for caller in (*others.values(), *dead.values())]
        strangers += [{"User_Auth": caller.token or ""} for caller in (*others.values(), *dead.values())]
        requests = [headers | {"Instruction_Ref": ref} for headers in strangers]
    else:
        devices = [others["another device"].shown["deviceId"], others["an unpaired device"].shown["deviceId"]]
        forms = [stage.household.form | {"device_id": device, "instruction_ref": ref} for device in devices]
        forms += [stage.household.form | {"secret": "my name is tim"}, stage.household.form | {"mac_address": "0" * 12}]
        requests = forms
    for headers in requests:
        answer = await http.post(path, data=body, headers=headers)
        assert answer.status_code in (400, 401), answer.text
        check_tells_nothing(stage, answer, path)
    assert await stage.rows() == before


async def test_the_same_calls_work_for_those_who_may(stage: Stage) -> None:
    """What was refused above was refused for its caller alone."""
    worked: set[str] = set()
    for operation in sorted(sorted(operations(stage.home), key=str), key=ends_something):
        if operation.document["operationId"] == "TakeNotification":
            continue  # its body is another cloud's, not in our words
        for body in stage.bodies(operation) or [None]:
            answer = await stage.call(operation, body)
            # 401, 409: Ada has a password of her own or no account; the order was delivered before it was cancelled
            assert answer.status_code in (200, 201, 401, 409), f"{operation}: {answer.status_code} {answer.text}"
            if answer.status_code < 300:
                worked.add(operation.document["operationId"])
    every = {operation.document["operationId"] for operation in operations(stage.home)}
    # their codes are in letters; tests/api/test_confirmation.py opens these
    by_code = {"ConfirmEmail", "SetPassword", "LinkFridge"}
    other = {"SignUp", "Login", "ApproveOrder", "CancelOrder", "OrderDispatched", "OrderRejected"}
    # something is on order already, and then it is delivered, and nobody wants a substitute
    other |= {"PlaceOrder", "OrderOutOfStock", "OrderSubstituted"}
    other |= {"DeleteFleet"}  # a fridge was added to it
    signed = {"StripeEvent", "TakeNotification"}  # by others; tests/api/test_stripe_events.py, test_hooks.py
    assert every - worked <= by_code | other | signed
