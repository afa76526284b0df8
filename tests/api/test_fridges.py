"""Fridges (S73-S83): settings, keys for linking, deletion."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from domain.fridges import CommandSlug, CommandStatus
from storage import fridges, init_keys, tokens
from storage.tables import Fridge, FridgeEvent, FridgeSession, Tag, Token
from tests.api.direct import Household
from tests.api.fridges import SETTINGS, a_command, a_fleet, a_fridge
from tests.api.server import Caller


async def change(household: Household, fridge: Any, **changes: Any) -> Any:
    """What a PATCH answers."""
    answer = await household.user.call("PATCH", f"/fridges/{fridge['uuid']}", json=changes)
    assert answer.status_code == 200, answer.text
    assert answer.json()["message"] == "Fridge updated."
    return answer.json()["data"]


async def seen(household: Household, fridge: Any) -> Any:
    """The fridge as it is now."""
    return (await household.user.get(f"/fridges/{fridge['uuid']}")).json()["data"]


async def test_of_the_settings_nothing_is_needed(household: Household) -> None:
    """S76, S78 to S81: without alerts and addresses, and with the usual heartbeat."""
    fleet = await a_fleet(household)
    bodies: list[dict[str, Any]] = [{}, {"settings": {}}]
    for body in bodies:
        made = await household.made("/fridges", fleet_id=fleet["uuid"], **body)
        assert made["settings"] == dict.fromkeys(("firmwareVersion", *SETTINGS)) | {"heartbeatInterval": 300}


async def test_settings_are_changed_one_by_one_and_taken_away_by_null(household: Household) -> None:
    """S78 to S81."""
    fridge = await a_fridge(household)
    one = await change(household, fridge, settings={"temperatureMaxAlert": 7.5, "heartbeatInterval": 60})
    assert one["settings"] == fridge["settings"] | {"temperatureMaxAlert": 7.5, "heartbeatInterval": 60}
    none = await change(household, fridge, settings=dict.fromkeys(list(SETTINGS)[:4]))
    assert none["settings"] == dict.fromkeys(one["settings"]) | {"heartbeatInterval": 60}
    assert await seen(household, fridge) == none
    assert household.home.desk.fridges.changed.count(UUID(fridge["uuid"])) == 2


async def test_a_band_is_no_band_upside_down_whichever_end_is_moved(household: Household) -> None:
    """S78."""
    fridge = await a_fridge(household)
    for settings in ({"temperatureMinAlert": 11}, {"temperatureMaxAlert": -10.5}):
        refused = await household.user.call("PATCH", f"/fridges/{fridge['uuid']}", json={"settings": settings})
        assert refused.status_code == 400
        assert refused.json()["data"] == {
            "settings.temperatureMinAlert": ["This value should be less than or equal to temperatureMaxAlert."]
        }
    assert await seen(household, fridge) == fridge
    moved = await change(household, fridge, settings={"temperatureMinAlert": 10})
    assert moved["settings"]["temperatureMinAlert"] == 10


async def test_a_fridge_is_moved_to_another_fleet_of_the_account(household: Household) -> None:
    fridge, fleet = await a_fridge(household), await a_fleet(household, "Other")
    moved = await change(household, fridge, fleet_id=fleet["uuid"])
    assert moved["fleet"] == fleet
    foreign = await a_fleet(await household.home.a_household())
    for unknown in (foreign["uuid"], str(uuid4())):
        refused = await household.user.call("PATCH", f"/fridges/{fridge['uuid']}", json={"fleet_id": unknown})
        assert (refused.status_code, refused.json()["data"]) == (400, {"fleet_id": ["There is no such fleet."]})
    assert (await seen(household, fridge))["fleet"] == fleet


async def test_fridges_come_in_pages_and_by_fleet(household: Household) -> None:
    made = [await a_fridge(household) for _ in range(3)]
    page = (await household.user.get("/fridges", limit=2)).json()
    rest = (await household.user.get("/fridges", limit=2, cursor=page["nextCursor"])).json()
    assert page["data"] + rest["data"] == made[::-1]
    only = (await household.user.get("/fridges", fleet=made[0]["fleet"]["uuid"])).json()["data"]
    assert only == [made[0]]
    assert (await household.user.get("/fridges", fleet=str(uuid4()))).json()["data"] == []


async def test_a_new_webhook_url_is_told_at_once(household: Household) -> None:
    """S79: one that was given up is on again."""
    fridge = await a_fridge(household)
    db, uuid = household.home.parts.db, UUID(fridge["uuid"])
    async with db.writing() as session:
        await session.execute(update(Fridge).where(Fridge.uuid == uuid).values(webhook_off_because="Gone."))
    await change(household, fridge, settings={"webhookUrl": "https://example.com/other"})
    async with db.reading() as session:
        assert (await session.get_one(Fridge, uuid)).webhook_off_because is None
    assert uuid in household.home.desk.webhooks_told


async def test_an_init_key_is_shown_until_it_is_used_or_over(household: Household) -> None:
    """S82, 1.J.13: 13 hex digits, for a day, for one use; a new one ends the one before."""
    fridge = await a_fridge(household)
    db, secrets, uuid = household.home.parts.db, household.home.parts.secrets, UUID(fridge["uuid"])
    assert (await seen(household, fridge))["initKey"] == fridge["initKey"]
    answer = await household.user.post(f"/fridges/{fridge['uuid']}/init-key")
    assert (answer.status_code, answer.json()["message"]) == (200, "Init key created.")
    key = answer.json()["data"]["initKey"]
    assert key != fridge["initKey"]
    assert answer.json()["data"] | {"initKey": fridge["initKey"]} == fridge
    now = datetime.now(UTC)
    async with db.writing() as session:
        kept = await session.get_one(Fridge, uuid)
        assert key not in f"{kept.init_key} {kept.init_key_hash}"
        assert await init_keys.redeem(session, secrets, fridge["initKey"], now) is None
        assert await init_keys.redeem(session, secrets, key, now) is not None
    assert (await seen(household, fridge))["initKey"] is None
    again = (await household.user.post(f"/fridges/{fridge['uuid']}/init-key", {})).json()["data"]["initKey"]
    assert (await seen(household, fridge))["initKey"] == again
    async with db.writing() as session:
        over = update(Fridge).where(Fridge.uuid == uuid)
        await session.execute(over.values(init_key_until=now - timedelta(seconds=1)))
    assert (await seen(household, fridge))["initKey"] is None


async def test_a_key_that_only_reads_does_not_see_what_links_a_fridge(household: Household) -> None:
    fridge = await a_fridge(household)
    for scopes, shown in ((["fridges:read"], None), (["fridges:read", "fridges:write"], fridge["initKey"])):
        made = await household.made("/keys", name="x", scopes=scopes)
        key = Caller(household.home.http, made["key"])
        assert (await key.get(f"/fridges/{fridge['uuid']}")).json()["data"] == fridge | {"initKey": shown}
        assert (await key.get("/fridges")).json()["data"] == [fridge | {"initKey": shown}]
        assert (await key.post(f"/fridges/{fridge['uuid']}/commands/open")).status_code == 403


async def test_a_deleted_fridge_leaves_nothing_behind(household: Household) -> None:
    """Its device is nobody any more, its commands fail, its opening ends; what was inside was seen there last."""
    fridge = await a_fridge(household)
    home, uuid, account = household.home, UUID(fridge["uuid"]), UUID(household.user.shown["uuid"])
    opening, other = await a_command(household, fridge), await a_command(household, fridge, CommandSlug.TEMPERATURE)
    now = datetime.now(UTC)
    async with home.parts.db.writing() as session:
        row = await session.get_one(Fridge, uuid)
        session.add(Tag(account=account, epc="e2", fridge=row.uuid, since=now, seen_at=now, missed=1, missed_at=now))
        tokens.issue(session, home.parts.secrets, kind="fridge", prefix="ft", subject=row.uuid, now=now)
        (await fridges.command(session, uuid, UUID(other["uuid"])))[0].status = CommandStatus.SUCCESS
    home.desk.fridges.changed.clear()
    deleted = await household.user.call("DELETE", f"/fridges/{uuid}")
    assert (deleted.status_code, deleted.json()) == (200, {"message": "Fridge deleted.", "data": None})
    assert home.desk.fridges.changed == [uuid]
    await home.desk.fridges.settle(account, uuid, now)
    async with home.parts.db.reading() as session:
        ended = [(await fridges.command(session, uuid, UUID(each["uuid"])))[0] for each in (opening, other)]
        assert [(each.status, each.message) for each in ended] == [("failed", fridges.DELETED), ("success", None)]
        assert (await session.scalars(select(FridgeSession.outcome))).all()[-1] == fridges.DELETED
        tag = await session.get_one(Tag, (account, "e2"))
        assert (tag.fridge, tag.since, tag.removed_at) == (uuid, now, None)
        token = (await session.scalars(select(Token).where(Token.subject == uuid))).one()
        assert token.revoked_at is not None
        assert (await session.get_one(Fridge, uuid)).init_key_hash is None
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/inventory"), ("POST", "/commands/open")):
        assert (await household.user.call(method, f"/fridges/{uuid}{path}")).status_code == 404
    assert (await household.user.get("/fridges")).json()["data"] == []


async def test_what_is_inside_is_listed_with_its_products(household: Household) -> None:
    """S102, S103, S115: by EPC, what was removed no more, and what nobody knows without a product."""
    fridge, product = await a_fridge(household), await household.made("/products", name="Butter")
    account, now = UUID(household.user.shown["uuid"]), datetime(2031, 5, 1, 12, 0, 0, tzinfo=UTC)
    inside = {"account": account, "fridge": UUID(fridge["uuid"]), "since": now, "seen_at": now, "missed": 0}
    butter = {"product": UUID(product["uuid"]), "expires_at": now + timedelta(days=9), "linked_at": now}
    async with household.home.parts.db.writing() as session:
        session.add_all(
            [Tag(epc="b", **inside, **butter), Tag(epc="a", **inside), Tag(epc="c", **inside, removed_at=now)]
        )
    path, moment = f"/fridges/{fridge['uuid']}/inventory", "2031-05-01T12:00:00+00:00"
    page = (await household.user.get(path, limit=1)).json()
    unknown = {"epc": "a", "product": None, "expirationDate": None, "since": moment, "seenAt": moment}
    assert page["data"] == [unknown]
    (known,) = (await household.user.get(path, cursor=page["nextCursor"])).json()["data"]
    assert known == unknown | {
        "epc": "b",
        "product": {"uuid": product["uuid"], "name": "Butter"},
        "expirationDate": "2031-05-10T12:00:00+00:00",
    }


async def test_sessions_and_events_are_listed_newest_first(household: Household) -> None:
    """S110 to S115."""
    fridge = await a_fridge(household)
    opening = await a_command(household, fridge)
    now = datetime(2031, 5, 1, 12, 0, 0, tzinfo=UTC)
    async with household.home.parts.db.writing() as session:
        row = await session.get_one(FridgeSession, UUID(opening["uuid"]))
        row.status, row.removed, row.opened_at, row.video = CommandStatus.CLOSED, "e1 e2", now, "https://v.example.com"
        for number in range(3):
            event = {"uuid": uuid4(), "fridge": UUID(fridge["uuid"]), "kind": "unknown-tag", "sentence": f"{number}"}
            session.add(FridgeEvent(**event, at=now + timedelta(seconds=number)))
    (shown,) = (await household.user.get(f"/fridges/{fridge['uuid']}/sessions")).json()["data"]
    assert shown == {
        "command": opening["uuid"],
        "status": "closed",
        "outcome": None,
        "removed": ["e1", "e2"],
        "added": [],
        "video": "https://v.example.com",
        "beganAt": opening["createdAt"],
        "openedAt": "2031-05-01T12:00:00+00:00",
        "closedAt": None,
        "endedAt": None,
    }
    path = f"/fridges/{fridge['uuid']}/events"
    page = (await household.user.get(path, limit=2)).json()
    rest = (await household.user.get(path, cursor=page["nextCursor"])).json()
    assert [event["sentence"] for event in page["data"] + rest["data"]] == ["2", "1", "0"]


async def test_an_account_has_only_so_many_fridges(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fridges, "MOST_FRIDGES", 1)
    fridge = await a_fridge(household)
    refused = await household.user.post("/fridges", {"fleet_id": fridge["fleet"]["uuid"]})
    assert (refused.status_code, refused.json()["message"]) == (409, "An account has at most 1 fridges.")


async def test_nothing_is_changed_while_temporal_is_away(household: Household) -> None:
    fridge = await a_fridge(household)
    path = f"/fridges/{fridge['uuid']}"
    async with household.home.temporal_away():
        changed = await household.user.call("PATCH", path, json={"settings": {"heartbeatInterval": 60}})
        deleted = await household.user.call("DELETE", path)
        assert (changed.status_code, deleted.status_code) == (503, 503)
        assert (await household.user.post(f"{path}/commands/open")).status_code == 503
    assert await seen(household, fridge) == fridge
