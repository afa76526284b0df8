"""Which status of a command may follow which (1.J.6, 1.J.11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.command_paths import ENDED, contradicts, given_up, kept, moves, patience, said
from domain.fridges import CommandSlug, CommandStatus, DoorStatus, NotificationType

ACK, SUCCESS, FAILED = CommandStatus.ACK, CommandStatus.SUCCESS, CommandStatus.FAILED
OPEN_PATH = [None, ACK, CommandStatus.UNLOCKED, CommandStatus.OPENED, CommandStatus.CLOSED, CommandStatus.INVENTORY]
REPORTS = st.tuples(
    st.sampled_from(NotificationType),
    st.none() | st.sampled_from(DoorStatus),
    st.none() | st.sampled_from(CommandStatus),
)


@given(st.sampled_from(CommandSlug), st.lists(REPORTS))
def test_a_command_only_goes_forwards_and_never_after_its_end(
    slug: CommandSlug, reports: list[tuple[NotificationType, DoorStatus | None, CommandStatus | None]]
) -> None:
    """S92, S93: whatever a fridge reports, in whatever order."""
    status: CommandStatus | None = None
    path = OPEN_PATH if slug is CommandSlug.OPEN else [None, ACK, SUCCESS]
    for report in reports:
        to = said(slug, *report)
        if to is None or not moves(slug, status, to):
            continue
        assert status not in ENDED
        new = kept(slug, to)
        assert new is FAILED or path.index(new) > path.index(status)
        status = new
    assert status in (*path, FAILED)


@pytest.mark.parametrize(
    ("slug", "kinds", "statuses"),
    [
        (CommandSlug.REBOOT, ["shutdown", "boot"], [ACK, SUCCESS]),
        (CommandSlug.INVENTORY, ["ack", "inventory"], [ACK, SUCCESS]),
        (CommandSlug.TEMPERATURE, ["ack", "temperature"], [ACK, SUCCESS]),
        (CommandSlug.DOOR_STATUS, ["ack", "door-status"], [ACK, SUCCESS]),
        (CommandSlug.RESTART_APP, ["ack"], [ACK]),
    ],
)
def test_the_notifications_of_each_command_bring_it_to_its_end(
    slug: CommandSlug, kinds: list[str], statuses: list[CommandStatus]
) -> None:
    """S85, S87-S90, S105: the fridge need not say the status itself."""
    heard = [said(slug, NotificationType(kind), DoorStatus.CLOSED, None) for kind in kinds]
    assert heard == statuses
    assert kept(slug, statuses[-1]) is SUCCESS


def test_an_opening_ends_in_inventory_whatever_word_the_fridge_has_for_it() -> None:
    """S86, S93, S111-S114; the samples say `success`, which is no status of an opening (1.J.6)."""
    door = NotificationType.DOOR_STATUS
    assert said(CommandSlug.OPEN, door, DoorStatus.UNLOCKED, SUCCESS) is CommandStatus.UNLOCKED
    assert said(CommandSlug.OPEN, NotificationType.INVENTORY, None, SUCCESS) is CommandStatus.INVENTORY
    assert said(CommandSlug.OPEN, NotificationType.VIDEO, None, SUCCESS) is None
    assert said(CommandSlug.OPEN, door, DoorStatus.OPENED, FAILED) is FAILED
    assert said(CommandSlug.TEMPERATURE, NotificationType.ACK, None, SUCCESS) is SUCCESS


def test_a_result_after_the_end_contradicts_it_but_an_earlier_step_may_come_late() -> None:
    assert contradicts(FAILED, ACK)
    assert contradicts(CommandStatus.INVENTORY, FAILED)
    assert not contradicts(CommandStatus.INVENTORY, CommandStatus.OPENED)
    assert not contradicts(SUCCESS, SUCCESS)
    assert not contradicts(ACK, FAILED)


def test_every_step_of_an_opening_has_its_patience_and_its_words() -> None:
    """1.J.11; five minutes for an open door until somebody is told."""
    seconds = [sum(span.total_seconds() for span in patience(status)) for status in OPEN_PATH[:-1]]
    assert seconds == [60, 30, 120, 3_600, 120]
    assert [len(patience(status)) for status in OPEN_PATH] == [1, 1, 1, 2, 1, 0]
    assert given_up(None) == "No acknowledgement from the fridge."
    assert len({given_up(status) for status in OPEN_PATH[:-1]}) == 5
