"""Linking a device as a fridge, by a key that somebody types on its screen (S82, 1.J.13)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api.fridge_wire import UNKNOWN_KEY
from storage.tables import FridgeReportRow, Token
from tests.api.direct import Home, Household
from tests.api.fridges import a_fridge, a_linked_fridge, change, link, say, stored
from tests.api.server import Caller

A_DAY = timedelta(days=1)


async def test_an_init_key_makes_a_device_the_fridge_once(home: Home, household: Household) -> None:
    """S82: the answer has the fridge in its documented shape and its token, which opens what fridges call."""
    shown = await a_fridge(household)
    answer = await link(home, shown["initKey"].upper())
    assert (answer.status_code, answer.json()["message"]) == (200, "Fridge linked.")
    linked = answer.json()["data"]
    token = linked.pop("token")
    assert token.startswith("ft_")
    assert list(linked) == list(shown)
    changed = {"initKey": None, "lastActivity": linked["lastActivity"]}
    assert linked == shown | changed
    fridge = Caller(home.http, token)
    assert (await fridge.get("/fridge/commands")).json() == {"message": "Commands.", "data": []}
    for path in ("/fridges", "/items", f"/fridges/{shown['uuid']}"):
        assert (await fridge.get(path)).status_code == 403
    for caller in (household.user, household.device, household.shop):
        assert (await caller.get("/fridge/commands")).status_code == 403
    assert (await household.user.get(f"/fridges/{shown['uuid']}")).json()["data"]["initKey"] is None
    (notice,) = [each for each in (await household.user.get("/notices")).json()["data"] if "fridge" in each["kind"]]
    assert (notice["kind"], notice["data"]["fridge"]) == ("fridge.linked", shown["uuid"])


async def test_a_key_that_does_not_work_is_answered_alike_whatever_is_wrong_with_it(
    home: Home, household: Household
) -> None:
    """1.J.13: unknown, used, expired, replaced by a newer one, or of a deleted fridge."""
    used, expired, replaced, deleted = [await a_fridge(household) for _ in range(4)]
    assert (await link(home, used["initKey"])).status_code == 200
    await change(home, expired, init_key_until=datetime.now(UTC))
    await household.user.post(f"/fridges/{replaced['uuid']}/init-key")
    await household.user.call("DELETE", f"/fridges/{deleted['uuid']}")
    keys = ["0123456789abc", *(fridge["initKey"] for fridge in (used, expired, replaced, deleted))]
    bodies = []
    for key in keys:
        answer = await link(home, key)
        assert answer.status_code == 401
        body = answer.json()
        assert body["message"] == UNKNOWN_KEY
        del body["request_id"]
        bodies.append(body)
    assert all(body == bodies[0] for body in bodies)


@pytest.mark.parametrize(
    "key", ["", "633344a9712f", "633344a9712fb0", "633344a9712fg", " 33344a9712fb", None, 6333449712]
)
async def test_what_can_be_no_key_is_named(home: Home, key: object) -> None:
    answer = await home.nobody.post("/fridge/link", {"initKey": key})
    assert (answer.status_code, list(answer.json()["data"])) == (400, ["initKey"])


async def test_a_key_is_hard_to_guess_and_kept_as_a_hash(home: Home, household: Household) -> None:
    """1.J.13: random, not derived from the time as the sample is; it lives for a day."""
    made = [await a_fridge(household) for _ in range(3)]
    assert len({fridge["initKey"][:6] for fridge in made}) == 3
    row = await stored(home, made[0])
    assert made[0]["initKey"] not in f"{row.init_key} {row.init_key_hash}"
    assert row.init_key_until is not None
    assert row.init_key_until - row.created_at == A_DAY


async def test_a_new_key_ends_the_old_token_once_it_is_used(home: Home, household: Household) -> None:
    fridge = await a_linked_fridge(household)
    uuid = fridge.shown["uuid"]
    key = (await household.user.post(f"/fridges/{uuid}/init-key")).json()["data"]["initKey"]
    assert (await fridge.get("/fridge/commands")).status_code == 200
    again = (await link(home, key)).json()["data"]
    assert again["uuid"] == uuid
    assert (await fridge.get("/fridge/commands")).status_code == 401
    assert (await Caller(home.http, again["token"]).get("/fridge/commands")).status_code == 200
    async with home.parts.db.reading() as session:
        alive = select(Token.public).where(Token.subject == UUID(uuid), Token.revoked_at.is_(None))
        assert len((await session.scalars(alive)).all()) == 1


async def test_a_device_that_takes_over_may_begin_its_ids_anew(home: Home, household: Household) -> None:
    """1.L: a new board, or a wiped memory, starts for the first time again; each device's own repeats count once."""
    old = await a_linked_fridge(household)
    uuid = old.shown["uuid"]
    path = f"/fridges/{uuid}"
    first = {"id": "1-1", "type": "inventory", "data": {"epcs": ["a"]}}
    for _ in range(2):
        assert (await say(old, first)).json()["data"]["ids"] == ["1-1"]
    key = (await household.user.post(f"{path}/init-key")).json()["data"]["initKey"]
    new = Caller(home.http, (await link(home, key)).json()["data"]["token"])
    command = await household.made(f"{path}/commands/temperature")
    said = [
        {"id": "1-1", "type": "inventory", "data": {"epcs": ["a", "b"]}},
        {"id": "1" * 120, "type": "ack", "command": {"uuid": command["uuid"], "status": "ack"}},
    ]
    for _ in range(2):
        assert (await say(new, *said)).json()["data"]["ids"] == ["1-1", "1" * 120]
    inside = (await household.user.get(f"{path}/inventory")).json()["data"]
    assert [tag["epc"] for tag in inside] == ["a", "b"]
    assert (await household.user.get(f"{path}/commands")).json()["data"][0]["status"] == "ack"
    assert (await household.user.get(f"{path}/events")).json()["data"][0]["kind"] == "unknown-tags"
    async with home.parts.db.reading() as session:
        rows = await session.scalars(select(FridgeReportRow.type).where(FridgeReportRow.fridge == UUID(uuid)))
        assert sorted(rows) == ["ack", "inventory", "inventory"]


async def test_a_lost_answer_is_given_again_under_the_same_key(home: Home, household: Household) -> None:
    shown, key = await a_fridge(household), uuid4().hex
    first, second = await link(home, shown["initKey"], key), await link(home, shown["initKey"], key)
    assert (first.status_code, second.content) == (200, first.content)
    assert (await link(home, shown["initKey"], "too-short")).status_code == 400


async def test_while_temporal_is_away_nothing_is_linked_and_the_key_still_works(
    home: Home, household: Household
) -> None:
    shown = await a_fridge(household)
    async with home.temporal_away():
        assert (await link(home, shown["initKey"])).status_code == 503
    assert (await link(home, shown["initKey"])).status_code == 200


async def test_a_deleted_fridge_is_nobody(home: Home, household: Household) -> None:
    fridge = await a_linked_fridge(household)
    await change(home, fridge.shown, deleted_at=datetime.now(UTC))  # be its token forgotten or not
    assert (await fridge.get("/fridge/commands")).status_code == 401
    assert (await say(fridge, {"type": "heartbeat"})).status_code == 401
