"""What we send has the shape of every notification that EatMachine's document prints (S97-S109, 1.J.14)."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from domain.fridge_papers import CommandPaper, FridgePaper, ProductPaper, Stamp, TagPaper, letter, product_letter
from domain.fridges import NotificationType
from tests.eatmachine.document import notification, notifications

AT = datetime(2022, 9, 11, 19, 20, 10, 999_999, UTC)
STAMP = Stamp(id=UUID(int=7), timestamp=AT, sequence=12)
BESIDE = ["id", "timestamp", "sequence"]
OF_FRIDGES = [name for name in notifications() if name != "product-linked"]


def a_fridge(uuid: str = str(UUID(int=1)), **told: Any) -> FridgePaper:
    """A fridge's paper that says what a sample says of it."""
    temperature = told.get("temperature")
    row = SimpleNamespace(
        uuid=UUID(uuid),
        door_status=told.get("doorStatus", "closed"),
        temperature=None if temperature is None else Decimal(str(temperature)),
        last_activity=datetime.fromisoformat(told.get("lastActivity", AT.isoformat())),
        firmware_version="1.2",
        temperature_min_alert=Decimal(-10),
        temperature_max_alert=Decimal("7.50"),
        webhook_url="https://example.com/webhook-fridge-api",
        kiosk_url=None,
        heartbeat_interval=300,
        created_at=AT,
        updated_at=AT,
    )
    fleet = SimpleNamespace(uuid=UUID(int=2), name="My Fleet", created_at=AT, updated_at=AT)
    return FridgePaper.of(row, fleet, "633344a9712fb")


def a_command(told: Any) -> CommandPaper:
    """A command's paper that says what a sample says of it."""
    author = {name: told["author"][f"{name}At"] for name in ("created", "updated")}
    row = SimpleNamespace(
        uuid=UUID(told["uuid"]),
        slug=told["type"]["slug"],
        status=told["status"],
        message=None,
        video=told.get("video"),
        created_at=AT,
        updated_at=AT,
    )
    moments = {f"{name}_at": datetime.fromisoformat(at) for name, at in author.items()}
    return CommandPaper.of(row, SimpleNamespace(email=told["author"]["identifier"], **moments))


def check_says(ours: Any, printed: Any, place: str = "") -> None:
    """Whether ours has everything of what is printed, in the same order; moments may have another offset."""
    if isinstance(printed, dict):
        assert [name for name in ours if name in printed] == list(printed), place
        for name, value in printed.items():
            check_says(ours[name], value, f"{place}.{name}")
    elif isinstance(printed, list):
        assert len(ours) == len(printed), place
        for mine, theirs in zip(ours, printed, strict=True):
            check_says(mine, theirs, place)
    elif place.endswith(("At", "Activity", "Date")) and printed is not None:
        assert datetime.fromisoformat(ours) == datetime.fromisoformat(printed), place
        assert ours.endswith("+00:00"), place
    else:
        assert ours == printed, place


@pytest.mark.parametrize("name", OF_FRIDGES)
def test_what_is_sent_about_a_fridge_has_the_printed_shape(name: str) -> None:
    """S72, S76, S77, S96 to S98, S102 to S105, S107 to S109: our additions stand behind what is documented."""
    printed = notification(name)
    command = None if printed.get("command") is None else a_command(printed["command"])
    sent = json.loads(
        letter(NotificationType(printed["type"]), printed["data"], a_fridge(**printed["fridge"]), command, STAMP)
    )
    check_says(sent, printed)
    assert list(sent) == [*printed, *BESIDE]
    assert [sent[name] for name in BESIDE] == [str(STAMP.id), "2022-09-11T19:20:10+00:00", 12]
    assert sent["fridge"]["initKey"] is None
    assert "633344a9712fb" not in json.dumps(sent)


def test_a_product_that_was_linked_is_told_of_alone() -> None:
    """S103, S106: neither a fridge nor a command."""
    printed = notification("product-linked")
    codes = [(tag["code"], tag["expirationDate"]) for tag in printed["data"]]
    tags = [TagPaper(code=code, expiration_date=day and datetime.fromisoformat(day)) for code, day in codes]
    row = SimpleNamespace(**printed["product"], brand=None, gtin=None, unit="piece", created_at=AT, updated_at=AT)
    sent = json.loads(product_letter(tags, ProductPaper.of(row), STAMP))
    check_says(sent, printed)
    assert list(sent) == [*printed, *BESIDE]


@pytest.mark.parametrize("kind", list(NotificationType), ids=str)
def test_every_type_has_the_envelope(kind: NotificationType) -> None:
    """S97, S99 to S101: a heartbeat alone has no place for a command."""
    sent = json.loads(letter(kind, {"status": "on"}, a_fridge(), None, STAMP))
    command = [] if kind is NotificationType.HEARTBEAT else ["command"]
    assert list(sent) == ["type", "data", "fridge", *command, *BESIDE]
    assert sent["type"] == kind
    assert all(sent[name] is None for name in command)


def test_a_command_without_a_video_says_nothing_of_one() -> None:
    """S91, S96."""
    told = notification("session-inventory")["command"]
    with_video = a_command(told).written()
    del told["video"]
    assert list(with_video) == ["uuid", "author", "type", "status", "message", "video", "createdAt", "updatedAt"]
    assert list(a_command(told).written()) == [name for name in with_video if name != "video"]


def test_temperatures_are_written_as_they_are() -> None:
    """S78, S105."""
    text = letter(NotificationType.TEMPERATURE, None, a_fridge(temperature="-18.250"), None, STAMP)
    assert '"temperature":-18.25,' in text
    assert '"temperatureMinAlert":-10,"temperatureMaxAlert":7.5,' in text
