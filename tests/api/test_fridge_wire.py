"""What fridges say, type by type: taken, passed on, or refused by the name of its field (S97-S105, S107-S109, 1.L)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.fridges import MOST_EPCS, NotificationType
from storage.tables import FridgeNotification, Table
from tests.api.direct import Household
from tests.api.fridges import a_command, a_linked_fridge, change, say, stored, told

A_DAY = timedelta(days=1)
on_one_database = pytest.mark.parametrize("api_settings", ["sqlite"], indirect=True)

GOOD: list[tuple[dict[str, Any], Any]] = [
    ({"type": "door-status", "data": {"status": "unlocked"}}, {"status": "unlocked"}),  # S98
    ({"type": "screen-status", "data": {"status": "off"}}, {"status": "off"}),  # S99, 1.J.15
    ({"type": "shutdown", "data": None}, None),  # S100
    ({"type": "boot"}, None),  # S101
    ({"type": "boot", "data": {"firmwareVersion": "2.4.1"}}, {"firmwareVersion": "2.4.1"}),
    (
        {"type": "inventory", "data": {"epcs": ["E28011700000020AA7BCFC24", "e78910def"], "removed": ["X"]}},
        {"epcs": ["e28011700000020aa7bcfc24", "e78910def"], "removed": ["x"]},
    ),  # S102, S103
    ({"type": "video", "data": {"url": "https://example.com/1.mp4"}}, {"url": "https://example.com/1.mp4"}),  # S104
    ({"type": "temperature", "data": {"temperature": 5.2}}, {"temperature": 5.2}),  # S105
    ({"type": "temperature", "data": {"temperature": -18}}, {"temperature": -18}),
]


@on_one_database
@pytest.mark.parametrize(("said", "data"), GOOD)
async def test_every_type_is_taken_and_passed_on(household: Household, said: dict[str, Any], data: Any) -> None:
    """S98-S105, S109: what a fridge says of a command goes with it."""
    fridge = await a_linked_fridge(household)
    command = await a_command(household, fridge.shown, "temperature")
    word = {"uuid": command["uuid"], "status": "success", "message": "done", "video": "https://example.com/1.mp4"}
    answer = await say(fridge, said | {"id": "1", "command": word})
    assert (answer.status_code, answer.json()["data"]) == (200, {"received": 1, "ids": ["1"]})
    (report,) = told(household.home, fridge)
    assert (report.id, report.type, report.data, report.sealed) == ("1", said["type"], data, None)
    assert report.command is not None
    assert report.command.model_dump(mode="json") == word


@on_one_database
async def test_an_acknowledgement_names_its_command(household: Household) -> None:
    """S108."""
    fridge = await a_linked_fridge(household)
    command = await a_command(household, fridge.shown, "restart-app")
    refused = await say(fridge, {"type": "ack"})
    assert (refused.status_code, refused.json()["data"]) == (400, {"command": ["This field is missing."]})
    assert (await say(fridge, {"type": "ack", "command": {"uuid": command["uuid"], "status": "ack"}})).is_success
    assert (await fridge.get("/fridge/commands")).json()["data"] == []


BAD: list[tuple[Any, str]] = [
    ({}, "type"),
    ({"type": "defrosting"}, "type"),
    ({"type": "offline"}, "type"),
    ({"type": "temperature-alert", "data": {"temperature": 5}}, "type"),
    ({"type": "product-linked", "data": []}, "type"),
    ({"type": "ack", "data": {}, "command": {"uuid": str(UUID(int=7))}}, "data"),
    ({"type": "shutdown", "data": "now"}, "data"),
    ({"type": "heartbeat", "data": []}, "data"),
    ({"type": "heartbeat", "data": {"lastActivity": "now"}}, "data.lastActivity"),
    ({"type": "boot", "data": {"firmwareVersion": "x" * 201}}, "data.firmwareVersion"),
    ({"type": "door-status"}, "data.status"),
    ({"type": "door-status", "data": {"status": "ajar"}}, "data.status"),
    ({"type": "screen-status", "data": {"status": "dim"}}, "data.status"),
    ({"type": "inventory", "data": {"epcs": None}}, "data.epcs"),
    ({"type": "inventory", "data": {"epcs": [""]}}, "data.epcs.0"),
    ({"type": "inventory", "data": {"epcs": ["a", "b" * 65]}}, "data.epcs.1"),
    ({"type": "inventory", "data": {"epcs": ["a b"]}}, "data.epcs.0"),
    ({"type": "inventory", "data": {"epcs": ["\u00e9"]}}, "data.epcs.0"),
    ({"type": "inventory", "data": {"epcs": ["a\n"]}}, "data.epcs.0"),
    ({"type": "inventory", "data": {"epcs": [1]}}, "data.epcs.0"),
    ({"type": "inventory", "data": {"epcs": [], "gone": []}}, "data.gone"),
    ({"type": "video", "data": {"url": "http://example.com/1.mp4"}}, "data.url"),
    ({"type": "video", "data": {"url": "javascript:alert(1)"}}, "data.url"),
    ({"type": "video", "data": {"url": "https://ada:secret@example.com/1.mp4"}}, "data.url"),
    ({"type": "temperature", "data": {"temperature": 100.1}}, "data.temperature"),
    ({"type": "temperature", "data": {"temperature": -101}}, "data.temperature"),
    ({"type": "temperature", "data": {"temperature": "5"}}, "data.temperature"),
    ({"type": "temperature", "data": {"temperature": True}}, "data.temperature"),
    ({"type": "badge-presented", "data": {"badge_token": ""}}, "data.badge_token"),
    ({"type": "badge-presented", "data": {"badgeToken": "1234"}}, "data.badge_token"),
    ({"type": "boot", "id": ""}, "id"),
    ({"type": "boot", "id": "x" * 121}, "id"),
    ({"type": "boot", "id": "a b"}, "id"),
    ({"type": "boot", "at": "yesterday"}, "at"),
    ({"type": "boot", "fridge": {"uuid": str(UUID(int=7))}}, "fridge"),
    ({"type": "boot", "command": {"uuid": "x"}}, "command.uuid"),
    ({"type": "boot", "command": {"uuid": str(UUID(int=7)), "status": "done"}}, "command.status"),
    ({"type": "boot", "command": {"uuid": str(UUID(int=7)), "video": "http://example.com"}}, "command.video"),
    ([], "body"),
    ([{"type": "boot"}] * 101, "body"),
    ([{"type": "boot"}, {"type": "door-status", "data": {"status": "ajar"}}], "1.data.status"),
    ([{"type": "boot"}, 7], "1"),
    (7, "body"),
]


@on_one_database
@pytest.mark.parametrize(("body", "place"), BAD, ids=range(len(BAD)))
async def test_a_fault_is_named_and_nothing_is_taken(household: Household, body: Any, place: str) -> None:
    fridge = await a_linked_fridge(household)
    answer = await fridge.post("/fridge/notifications", body)
    assert (answer.status_code, answer.json()["message"]) == (400, "Validation error."), answer.text
    assert place in answer.json()["data"], answer.text
    assert told(household.home, fridge) == []


@on_one_database
@pytest.mark.parametrize("length", [24, 64])
async def test_the_first_scan_of_a_full_fridge_is_taken(household: Household, length: int) -> None:
    """S102: as many tags as a fridge may have are in `added`, too; all of another fridge's may be in `removed`."""
    fridge = await a_linked_fridge(household)
    epcs, others = ([f"{number:0{length}x}" for number in range(first, first + MOST_EPCS)] for first in (0, MOST_EPCS))
    data = {"epcs": epcs, "removed": others, "added": epcs}
    answer = await say(fridge, {"type": "inventory", "data": data, "id": "1"})
    assert answer.status_code == 200, answer.text
    (report,) = told(household.home, fridge)
    assert report.data == data


@on_one_database
async def test_several_are_taken_in_order_and_a_wrong_clock_is_put_right(household: Household) -> None:
    """1.N, Time: `sentAt` beside each says what the fridge's clock says now."""
    home, fridge = household.home, await a_linked_fridge(household)
    home.desk.moment = now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    said = [
        {"id": "1", "type": "boot", "at": "2020-01-01T00:00:00Z", "sentAt": "2020-01-01T05:00:00+00:00"},
        {"id": "2", "type": "screen-status", "data": {"status": "on"}, "at": "2031-01-01T00:00:00Z"},
        {"type": "shutdown"},
    ]
    try:
        answer = await say(fridge, *said)
    finally:
        home.desk.moment = None
    reports = told(home, fridge)
    assert [report.type for report in reports] == ["boot", "screen-status", "shutdown"]
    assert [report.observed_at for report in reports] == [now - timedelta(hours=5), now, now]
    assert answer.json()["data"]["ids"] == [report.id for report in reports]
    assert len(reports[2].id) == 32


@on_one_database
async def test_without_ids_a_key_tells_a_repeat(household: Household) -> None:
    fridge = await a_linked_fridge(household)
    body = [{"type": "shutdown"}, {"type": "boot"}]
    first, second, other = [await fridge.post("/fridge/notifications", body, key) for key in ("k", "k", "l")]
    assert first.json() == second.json()
    assert not set(first.json()["data"]["ids"]) & set(other.json()["data"]["ids"])


@on_one_database
async def test_while_temporal_is_away_the_fridge_is_to_come_again(household: Household) -> None:
    fridge = await a_linked_fridge(household)
    async with household.home.temporal_away():
        assert (await say(fridge, {"type": "boot", "id": "1"})).status_code == 503
        assert (await say(fridge, {"type": "heartbeat"})).status_code == 503
    assert (await say(fridge, {"type": "boot", "id": "1"})).status_code == 200


async def test_a_heartbeat_is_a_change_of_one_row_and_wakes_nobody(household: Household) -> None:
    """S97: without a webhookUrl."""
    home, fridge = household.home, await a_linked_fridge(household, webhookUrl=None)
    long_ago = datetime.now(UTC) - A_DAY
    await change(home, fridge.shown, last_activity=long_ago)
    changed, waiting_letters = len(home.desk.fridges.changed), len(home.desk.webhooks_told)
    beats = [{"type": "heartbeat", "data": None}, {"type": "heartbeat", "data": {"firmwareVersion": "2.4.1"}}]
    assert (await say(fridge, *beats)).json()["data"]["received"] == 2
    row = await stored(home, fridge.shown)
    assert row.last_activity > long_ago + timedelta(hours=23)
    assert row.firmware_version == "2.4.1"
    assert row.sequence == 0
    assert told(home, fridge) == []
    assert (len(home.desk.fridges.changed), len(home.desk.webhooks_told)) == (changed, waiting_letters)


async def test_a_heartbeat_of_a_silent_fridge_has_it_looked_at(household: Household) -> None:
    home, fridge = household.home, await a_linked_fridge(household)
    await change(home, fridge.shown, is_offline=True)
    await say(fridge, {"type": "heartbeat"})
    assert home.desk.fridges.changed[-1] == UUID(fridge.shown["uuid"])


async def test_a_heartbeat_is_told_to_the_webhook_url(household: Household) -> None:
    """S97: `data: null`, the fridge with `uuid` and `lastActivity`, no command key; more than that is ours (1.J.14)."""
    home, fridge = household.home, await a_linked_fridge(household)
    await say(fridge, {"type": "heartbeat", "data": {"firmwareVersion": "2.4.1"}})
    uuid = UUID(fridge.shown["uuid"])
    assert home.desk.webhooks_told[-1] == uuid
    async with home.parts.db.reading() as session:
        rows = (await session.scalars(select(FridgeNotification).where(FridgeNotification.fridge == uuid))).all()
    (row,) = [row for row in rows if row.type == NotificationType.HEARTBEAT]
    assert row.letter.startswith('{"type":"heartbeat","data":null,"fridge":{"uuid":')
    assert '"command"' not in row.letter
    assert (await stored(home, fridge.shown)).sequence == row.sequence


async def test_a_badge_is_in_clear_nowhere(household: Household) -> None:
    """S107, 1.J.15."""
    home, fridge, canary = household.home, await a_linked_fridge(household), "badge-canary-4711"
    answer = await say(fridge, {"id": "1", "type": "badge-presented", "data": {"badge_token": canary}})
    assert answer.status_code == 200
    (report,) = told(home, fridge)
    assert canary not in f"{report!r} {answer.text}"
    assert report.sealed is not None
    assert home.parts.secrets.open(report.sealed) == canary
    async with home.parts.db.reading() as session:
        for table in Table.metadata.sorted_tables:
            assert canary not in repr((await session.execute(select(table))).all()), table.name
