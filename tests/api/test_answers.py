"""Idempotency-Key on what makes something: one effect, one answer."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api.answers import OneAnswer
from api.bodies import Nothing
from api.envelope import Envelope
from domain.errors import Conflict, KeyReused, Unavailable
from storage.tables import Answer
from tests.api.server import PASSWORD, Api

DEVICE = {"name": "Cookie jar", "macAddress": "D5:6E:FB:B7:B8:C5", "secret": "my name is tom"}
SHOP = {"name": "Corner Shop", "contactEmail": "orders@example.com"}


async def test_a_repeat_hears_the_same_answer_with_the_same_secret(api: Api) -> None:
    user, key = await api.a_user(), str(uuid4())
    first = await user.post("/devices", DEVICE, key)
    again = await user.post("/devices", DEVICE, f'"{key}"')
    assert again.status_code == first.status_code == 201
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await user.get("/devices")).json()["data"]) == 1


async def test_without_a_key_every_call_stands_for_itself(api: Api) -> None:
    user = await api.a_user()
    first, second = await user.post("/devices", DEVICE), await user.post("/devices", DEVICE)
    assert first.json()["data"]["uuid"] != second.json()["data"]["uuid"]


async def test_the_same_key_with_another_body_is_refused(api: Api) -> None:
    user, key = await api.a_user(), str(uuid4())
    await user.post("/devices", DEVICE, key)
    other = await user.post("/devices", DEVICE | {"name": "Butter dish"}, key)
    assert other.status_code == 422
    assert len((await user.get("/devices")).json()["data"]) == 1


async def test_the_same_key_on_another_thing_is_refused(api: Api) -> None:
    user, key = await api.a_user(), str(uuid4())
    one, other = await api.a_device(user), await api.a_device(user)
    assert (await user.post(f"/devices/{one.shown['uuid']}/rotate", key=key)).status_code == 200
    assert (await user.post(f"/devices/{other.shown['uuid']}/rotate", key=key)).status_code == 422


async def test_two_callers_may_use_the_same_key(api: Api) -> None:
    key = str(uuid4())
    answers = [await (await api.a_user()).post("/devices", DEVICE, key) for _ in range(2)]
    assert answers[0].json()["data"]["uuid"] != answers[1].json()["data"]["uuid"]


async def test_a_refused_call_leaves_its_key_free(api: Api) -> None:
    key = str(uuid4())
    taken = {"email": f"{key}@example.com", "password": PASSWORD, "name": "Ada"}
    await api.nobody.post("/users", taken)
    assert (await api.nobody.post("/users", taken | {"name": "Eve"}, key)).status_code == 409
    assert (await api.nobody.post("/users", taken | {"email": f"x{key}@example.com"}, key)).status_code == 201


async def test_calls_at_the_same_time_make_one_thing(api: Api) -> None:
    user, key = await api.a_user(), str(uuid4())
    answers = await asyncio.gather(*(user.post("/devices", DEVICE, key) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len((await user.get("/devices")).json()["data"]) == 1


@pytest.mark.parametrize("key", ["short", "x" * 256, '"x"', "tab\there1"])
async def test_a_malformed_key_is_named(api: Api, key: str) -> None:
    answer = await api.nobody.post("/users", {"email": "a@example.com", "password": PASSWORD, "name": "Ada"}, key)
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == ["Idempotency-Key"]


async def test_a_stranger_cannot_guess_the_key_that_hears_a_secret(api: Api) -> None:
    guessable = await api.nobody.post("/retailers", SHOP, "corner-shop-1")
    assert guessable.status_code == 400
    assert list(guessable.json()["data"]) == ["Idempotency-Key"]
    assert (await (await api.a_user()).post("/retailers", SHOP, "corner-shop-1")).status_code == 201
    assert (await api.nobody.post("/retailers", SHOP, str(uuid4()))).status_code == 201


async def test_no_stored_answer_shows_a_secret(api: Api) -> None:
    key = str(uuid4())
    made = await api.nobody.post("/retailers", SHOP, key)
    async with api.parts.db.reading() as session:
        row = (await session.scalars(select(Answer).where(Answer.key == key))).one()
    assert row.status == 201
    for secret in (made.json()["data"]["key"], made.json()["data"]["signingSecret"]):
        assert secret not in (row.body or "")


def an_answer(api: Api, key: str | None) -> OneAnswer:
    return OneAnswer(api.parts, "user:x", "POST /things", "/things", key)


class Making:
    """Stands where a workflow makes something: notes each uuid, and fails as often as it was told."""

    def __init__(self, *failures: Exception) -> None:
        self.made: list[UUID] = []
        self._failures = list(failures)

    async def __call__(self, uuid: UUID) -> Envelope[str]:
        self.made.append(uuid)
        if self._failures:
            raise self._failures.pop(0)
        return Envelope(message="Made.", data=str(uuid))


async def test_a_repeat_goes_on_with_what_a_call_has_begun(api: Api) -> None:
    once, making = an_answer(api, str(uuid4())), Making(Unavailable("Temporal does not answer."))
    with pytest.raises(Unavailable):
        await once.through_workflow(Nothing(), making)
    answers: list[Any] = [await once.through_workflow(Nothing(), making) for _ in range(2)]
    assert making.made[0] == making.made[1]
    assert len(making.made) == 2
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]
    assert answers[0].content == answers[1].content


async def test_what_a_workflow_refuses_can_be_tried_again_with_the_same_key(api: Api) -> None:
    once, making = an_answer(api, str(uuid4())), Making(Conflict("Not now."))
    with pytest.raises(Conflict):
        await once.through_workflow(Nothing(), making)
    assert (await once.through_workflow(Nothing(), making)).status_code == 201
    assert making.made[0] != making.made[1]


async def test_what_was_begun_with_one_body_is_not_ended_with_another(api: Api) -> None:
    key = str(uuid4())
    with pytest.raises(Unavailable):
        await an_answer(api, key).through_workflow(Nothing(), Making(Unavailable("Away.")))
    other = OneAnswer(api.parts, "user:x", "POST /things", "/other", key)
    with pytest.raises(KeyReused):
        await other.through_workflow(Nothing(), Making())
