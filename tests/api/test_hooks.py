"""What other clouds send us, word for word as EatMachine's document prints it (1.L Webhook input, S97 to S109)."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from domain.fridge_errands import TellCloud
from storage import connections
from storage.tables import FridgeCommand, FridgeNotification, FridgeReportRow, Tag
from tests.api.clouds import SECRET, Cloud, a_cloud, printed, said
from tests.api.direct import Household
from tests.api.test_logs import log
from tests.eatmachine.document import notifications

__all__ = ["log"]

OF_FRIDGES = [name for name in notifications() if name != "product-linked"]
KEPT_AS_EVENTS = ["temperature-alert", "offline", "online", "ice-cream-melted"]


@pytest.fixture
async def cloud(household: Household) -> Cloud:
    return await a_cloud(household)


async def events(cloud: Cloud) -> list[str]:
    """What was noted about its fridge."""
    answer = await cloud.household.user.get(f"/fridges/{(await cloud.fridge())['uuid']}/events")
    return [event["sentence"] for event in answer.json()["data"]]


@pytest.mark.parametrize("name", OF_FRIDGES)
async def test_every_printed_notification_is_taken_once_and_its_fridge_appears(cloud: Cloud, name: str) -> None:
    """S97, S98, S102 to S105, S107 to S109: none of them has an id, so their text tells the repeat."""
    for _ in range(2):
        answer = await cloud.send(printed(name))
        assert (answer.status_code, answer.json()) == (200, {"message": "Taken.", "data": None})
    row = await cloud.row()
    assert (row.remote_uuid, row.connection) == (printed(name)["fridge"]["uuid"], UUID(cloud.shown["uuid"]))
    assert await cloud.reports() == (0 if printed(name)["type"] in ("heartbeat", "ack") else 1)


async def test_what_a_notification_says_is_seen_in_its_fridge(cloud: Cloud) -> None:
    """S98, S102, S105: and heard of by the same workflow as our own fridges."""
    await cloud.send(said("door-status", {"status": "opened"}))
    await cloud.send(said("temperature", {"temperature": 5.25}))
    await cloud.send(said("inventory", {"epcs": ["E28011700000020AA7BCFC24"], "removed": [], "added": []}))
    fridge = await cloud.fridge()
    assert (fridge["doorStatus"], fridge["temperature"]) == ("opened", 5.25)
    inside = (await cloud.household.user.get(f"/fridges/{fridge['uuid']}/inventory")).json()["data"]
    assert [tag["epc"] for tag in inside] == ["e28011700000020aa7bcfc24"]


@pytest.mark.parametrize("kind", ["shutdown", "boot", "ack", "heartbeat"])
async def test_types_without_a_sample_are_taken(cloud: Cloud, kind: str) -> None:
    """S100, S101: listed, but never printed."""
    assert (await cloud.send(said(kind))).status_code == 200
    assert (await cloud.send(said(kind, data={"some": "thing"}, remote="f-2"))).status_code == 200
    assert len(await cloud.fridges()) == 2


async def test_a_screen_is_read(cloud: Cloud) -> None:
    """S99."""
    assert (await cloud.send(said("screen-status", {"status": "on"}))).status_code == 200
    assert (await cloud.row()).screen_status == "on"


@pytest.mark.parametrize("kind", KEPT_AS_EVENTS)
async def test_an_unknown_type_is_normal_and_kept_as_an_event(cloud: Cloud, kind: str) -> None:
    """1.J.10: what that cloud thinks of its fridge is an event, too; here the fridge's own settings count."""
    for _ in range(2):
        assert (await cloud.send(said(kind, {"what": ["ever"]}))).status_code == 200
    assert await events(cloud) == [f"Its cloud has said {kind}."]
    assert await cloud.reports() == 0


async def test_unknown_fields_are_passed_over_everywhere(cloud: Cloud) -> None:
    more = said("door-status", {"status": "closed", "lock": 7}, extra=[1], sequence="x")
    more["fridge"] |= {"colour": "red", "settings": {"heartbeatInterval": 60, "firmwareVersion": 3}}
    assert (await cloud.send(more)).status_code == 200
    assert (await cloud.row()).heartbeat_interval == 60


async def test_a_repeat_is_known_by_its_id_and_the_first_content_stays(cloud: Cloud) -> None:
    """1.J Repeats: the header first, then the body's own id."""
    key = uuid4().hex
    await cloud.send(said("door-status", {"status": "opened"}), webhook_id=key)
    await cloud.send(said("door-status", {"status": "closed"}), webhook_id=key)
    await cloud.send(said("door-status", {"status": "closed"}, id=key))
    assert (await cloud.fridge())["doorStatus"] == "opened"
    assert await cloud.reports() == 1


async def test_a_text_without_any_moment_is_a_repeat_for_an_hour(cloud: Cloud) -> None:
    bare = {"type": "shutdown", "data": None, "fridge": {"uuid": "f-1"}}
    desk, start = cloud.household.home.desk, datetime(2027, 3, 1, 12, 5, tzinfo=UTC)
    try:
        for minutes in (0, 40, 70):
            desk.moment = start + timedelta(minutes=minutes)
            await cloud.send(bare)
    finally:
        desk.moment = None
    assert await cloud.reports() == 2


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("[]", "body"),
        ("{}", "type"),
        ({"type": "door-status", "data": {"status": "closed"}}, "fridge"),
        ({"type": "boot", "fridge": {"uuid": ""}}, "fridge.uuid"),
        ({"type": "boot", "fridge": {"uuid": "x" * 65}}, "fridge.uuid"),
        (said("door-status"), "data"),
        (said("door-status", {"status": "ajar"}), "data.status"),
        (said("inventory", {}), "data.epcs"),
        (said("inventory", {"epcs": ["e"] * 5001}), "data.epcs"),
        (said("temperature", {"temperature": "cold"}), "data.temperature"),
        (said("video", {"url": "javascript:alert(1)"}), "data.url"),
        ({"type": "product-linked", "data": []}, "product"),
        ({"type": "product-linked", "data": [{}], "product": {"uuid": "p"}}, "data.0.code"),
    ],
    ids=range(13),
)
async def test_what_is_no_notification_is_refused_by_field(cloud: Cloud, body: Any, fault: str) -> None:
    answer = await cloud.send(body)
    assert (answer.status_code, list(answer.json()["data"])) == (400, [fault])


@pytest.mark.parametrize("newest_first", [True, False])
async def test_what_another_cloud_has_said_later_counts_in_whatever_order_it_comes(
    cloud: Cloud, newest_first: bool
) -> None:
    """1.L: EatMachine names no moment but `lastActivity`; what was said at one and the same counts as it comes."""
    now = datetime.now(UTC)
    before, after = now - timedelta(minutes=20), now - timedelta(minutes=10)
    said_before = [("inventory", {"epcs": ["t-1", "t-2"]}), ("door-status", {"status": "opened"})]
    said_after = [("inventory", {"epcs": ["t-1"]}), ("door-status", {"status": "closed"})]
    said_before.append(("temperature", {"temperature": 12.5}))
    said_after.append(("temperature", {"temperature": 4}))
    told = [(before, said_before), (after, said_after)]
    for moment, each in told[::-1] if newest_first else told:
        for kind, data in each:
            assert (await cloud.at(moment, kind, data)).status_code == 200
    fridge = await cloud.fridge()
    assert (fridge["doorStatus"], fridge["temperature"]) == ("closed", 4)
    row = await cloud.row()
    assert (row.door_at, row.temperature_at, row.scanned_at) == (after, after, after)
    await cloud.at(after, "door-status", {"status": "opened"})
    assert (await cloud.fridge())["doorStatus"] == "opened"
    if newest_first:
        inside = (await cloud.household.user.get(f"/fridges/{fridge['uuid']}/inventory")).json()["data"]
        assert [tag["epc"] for tag in inside] == ["t-1"], "t-2 was not there any more"


@pytest.mark.parametrize("last_activity", [None, "yesterday", "2022-09-11T17:20:10+02:00", "2099-01-01T00:00:00Z"])
async def test_a_moment_that_can_hardly_be_right_puts_nothing_before_anything(
    cloud: Cloud, last_activity: str | None
) -> None:
    """S97: a clock that is years wrong, as in the document's own samples; the receipt is all that is known."""
    await cloud.at(datetime.now(UTC) - timedelta(seconds=1), "door-status", {"status": "opened"})
    wrong = said("door-status", {"status": "closed"})
    wrong["fridge"]["lastActivity"] = last_activity
    assert (await cloud.send(wrong)).status_code == 200
    row = await cloud.row()
    assert row.door_status == "closed"
    assert row.door_at is not None
    assert timedelta() <= datetime.now(UTC) - row.door_at < timedelta(seconds=30)


async def test_when_something_happened_is_when_it_came_whatever_that_cloud_knows_of_its_fridge(cloud: Cloud) -> None:
    """`lastActivity` may be as old as the last heartbeat: clocks of rules do not start by it."""
    then = datetime.now(UTC) - timedelta(hours=5)
    for epcs in (["t-1"], [], []):
        await cloud.at(then, "inventory", {"epcs": epcs})
    async with cloud.household.home.parts.db.reading() as session:
        tag = (await session.scalars(select(Tag).where(Tag.epc == "t-1", Tag.fridge == (await cloud.row()).uuid))).one()
    assert tag.removed_at is not None
    assert datetime.now(UTC) - tag.removed_at < timedelta(minutes=1)


async def test_a_signature_counts_and_from_then_on_it_must_be_there(cloud: Cloud) -> None:
    """1.L: signed when the sender can, else by the secret in the address."""
    assert (await cloud.send(said("boot"))).status_code == 200
    assert (await cloud.signed(said("boot"), secret=SECRET)).status_code == 401
    assert (await cloud.signed(said("boot"), at=datetime.now(UTC) - timedelta(seconds=400))).status_code == 401
    assert (await cloud.send(said("boot"), webhook_signature="v1,AAAA")).status_code == 401
    assert (await cloud.signed(said("boot"))).status_code == 200
    assert (await cloud.send(said("boot"))).status_code == 401
    shown = (await cloud.household.user.get(f"/connections/{cloud.shown['uuid']}")).json()["data"]
    assert shown["signedAt"] is not None


async def test_a_wrong_secret_is_nowhere_and_no_secret_is_logged_or_repeated(cloud: Cloud, log: io.StringIO) -> None:
    secret = cloud.path.rpartition("/")[2]
    wrong = await cloud.household.home.http.post(cloud.path[:-1] + "~", json=said("boot"))
    other = await cloud.household.home.http.post(f"/hooks/{uuid4()}/{secret}", json=said("boot"))
    assert (wrong.status_code, other.status_code) == (404, 404)
    refused = await cloud.send("{}")
    await cloud.send(said("boot"))
    assert refused.json()["instance"] == "/hooks/{uuid}/{secret}"
    assert other.json()["instance"] == "/hooks/{uuid}/{secret}"
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {line["route"] for line in lines if line["event"] == "request"} == {"/hooks/{uuid}/{secret}"}
    assert secret not in log.getvalue()


async def test_a_badge_is_read_by_nobody_here(cloud: Cloud) -> None:
    """S107, 1.J.15: sealed on its way, and not kept where no webhookUrl is told."""
    token = "badge-canary-7f3a"
    await cloud.send(said("badge-presented", {"badge_token": token}, command=None))
    async with cloud.household.home.parts.db.reading() as session:
        rows: list[Any] = list(await session.scalars(select(FridgeNotification)))
        rows += list(await session.scalars(select(FridgeReportRow)))
    assert rows
    assert token not in str([vars(row) for row in rows])


async def test_a_command_is_matched_whoever_is_first_its_answer_or_its_notification(cloud: Cloud) -> None:
    """S95: by the name that the other cloud gives it; another's command of the same fridge is not ours."""
    household = cloud.household
    await cloud.send(said("heartbeat"))
    fridge = await cloud.fridge()
    given = await household.made(f"/fridges/{fridge['uuid']}/commands/open")
    told = [errand.command for errand in household.home.desk.fridges.errands if isinstance(errand, TellCloud)]
    assert UUID(given["uuid"]) in told
    async with household.home.parts.db.writing() as session:
        posted = await connections.to_post(session, UUID(given["uuid"]))
        assert posted is not None
        await connections.begins_to_post(session, posted, datetime.now(UTC))
    command = {"uuid": "their-42", "type": {"name": "Open", "slug": "open"}, "status": "ack"}
    await cloud.send(said("ack", command=command, id="a"))
    steps = [("unlocked", "b"), ("opened", "c"), ("opened", "c"), ("closed", "d")]
    for status, key in steps:
        await cloud.send(said("door-status", {"status": status}, command=command | {"status": status}, id=key))
    other = command | {"uuid": "their-41", "status": "failed"}
    await cloud.send(said("ack", command=other, id="e"))
    epcs: dict[str, list[str]] = {"epcs": [], "removed": [], "added": []}
    filmed = command | {"status": "inventory", "video": "https://example.com/video.mp4"}
    await cloud.send(said("inventory", epcs, command=filmed, id="f"))
    (listed,) = (await household.user.get(f"/fridges/{fridge['uuid']}/commands")).json()["data"]
    assert (listed["status"], listed["video"]) == ("inventory", "https://example.com/video.mp4")
    async with household.home.parts.db.reading() as session:
        row = await session.get_one(FridgeCommand, UUID(given["uuid"]))
    assert row.remote_uuid == "their-42"


async def test_tags_that_another_cloud_has_linked_are_on_our_product_of_that_name(cloud: Cloud) -> None:
    """S103, S106: the household's own product, by the uuid or the name that is told."""
    household = cloud.household
    product = await household.made("/products", name="Banana")
    assert (await cloud.send(printed("product-linked"))).status_code == 200
    tags = (await household.user.get(f"/products/{product['uuid']}/epcs")).json()["data"]
    assert [tag["code"] for tag in tags] == ["e123456abc", "e78910def"]
    assert [tag["expirationDate"] for tag in tags] == ["2022-09-11T15:20:10+00:00", None]
    unknown = printed("product-linked") | {"product": {"uuid": "p-2", "name": "Durian"}}
    assert (await cloud.send(unknown)).status_code == 200
