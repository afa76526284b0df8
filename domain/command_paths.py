"""How a command goes on by what its fridge reports, and how long an opening waits for its next step.

S85-S93, S110-S115, 1.J.6, 1.J.11.
"""

from datetime import datetime, timedelta

from domain.fridges import NO_ACKNOWLEDGEMENT, CommandSlug, CommandStatus, DoorStatus, NotificationType

Status = CommandStatus | None

_OPENING: tuple[Status, ...] = (
    None,
    CommandStatus.ACK,
    CommandStatus.UNLOCKED,
    CommandStatus.OPENED,
    CommandStatus.CLOSED,
    CommandStatus.INVENTORY,
)
_OTHERS: tuple[Status, ...] = (None, CommandStatus.ACK, CommandStatus.SUCCESS)
ENDED = frozenset({CommandStatus.SUCCESS, CommandStatus.INVENTORY, CommandStatus.FAILED})

_RESULTS = {
    CommandSlug.REBOOT: NotificationType.BOOT,
    CommandSlug.INVENTORY: NotificationType.INVENTORY,
    CommandSlug.TEMPERATURE: NotificationType.TEMPERATURE,
    CommandSlug.DOOR_STATUS: NotificationType.DOOR_STATUS,
}

LEFT_OPEN_AFTER = timedelta(minutes=5)
LONGEST_OPENING = timedelta(hours=2)
"""No opening is under way for longer, even if nobody is there any more to say so."""
_PATIENCE: dict[Status, tuple[timedelta, ...]] = {
    None: (timedelta(seconds=60),),
    CommandStatus.ACK: (timedelta(seconds=30),),
    CommandStatus.UNLOCKED: (timedelta(seconds=120),),
    CommandStatus.OPENED: (LEFT_OPEN_AFTER, timedelta(minutes=60) - LEFT_OPEN_AFTER),
    CommandStatus.CLOSED: (timedelta(seconds=120),),
}
_ANSWERED_WITHIN = {
    CommandSlug.INVENTORY: timedelta(minutes=2),
    CommandSlug.TEMPERATURE: timedelta(minutes=2),
    CommandSlug.DOOR_STATUS: timedelta(minutes=2),
    CommandSlug.REBOOT: timedelta(minutes=10),
}
"""How long an acknowledged command waits for its result."""
_GIVEN_UP: dict[Status, str] = {
    None: NO_ACKNOWLEDGEMENT,
    CommandStatus.ACK: "The door was not unlocked.",
    CommandStatus.UNLOCKED: "The door was not opened.",
    CommandStatus.OPENED: "The door was not closed.",
    CommandStatus.CLOSED: "No inventory after the door was closed.",
}
NOT_ANSWERED = "No answer after the acknowledgement."
NOT_STARTED_AGAIN = "The fridge did not start again."
FAILED_UNSAID = "The fridge says that it failed."

TOLD_OF_BY_THE_DOOR = frozenset({CommandSlug.OPEN, CommandSlug.DOOR_STATUS})
"""Commands whose failure by our clock is told with the door's status, as all that they come to is (S98)."""


def said(
    slug: CommandSlug, kind: NotificationType, door: DoorStatus | None, word: CommandStatus | None
) -> CommandStatus | None:
    """What a notification says of the command that it answers; None where it says nothing, as a video does.

    For an opening the kind of the notification counts and not the fridge's own word, which may be `success` (1.J.6).
    """
    if word is CommandStatus.FAILED:
        return word
    if slug is CommandSlug.OPEN:
        return _of_opening(kind, door)
    if word is CommandStatus.SUCCESS or kind is _RESULTS.get(slug):
        return CommandStatus.SUCCESS
    acknowledged = kind is NotificationType.ACK or (slug, kind) == (CommandSlug.REBOOT, NotificationType.SHUTDOWN)
    return CommandStatus.ACK if acknowledged else None


def _of_opening(kind: NotificationType, door: DoorStatus | None) -> CommandStatus | None:
    match kind:
        case NotificationType.ACK:
            return CommandStatus.ACK
        case NotificationType.DOOR_STATUS:
            return None if door is None else CommandStatus(door)
        case NotificationType.INVENTORY:
            return CommandStatus.INVENTORY
    return None


def moves(slug: CommandSlug, status: Status, to: CommandStatus) -> bool:
    """Whether a command in `status` goes on to `to`: only ever forwards, be it over steps that were not heard of."""
    if status in ENDED:
        return False
    if to is CommandStatus.FAILED:
        return True
    path = _OPENING if slug is CommandSlug.OPEN else _OTHERS
    return to in path and path.index(to) > path.index(status)


def kept(slug: CommandSlug, status: CommandStatus) -> CommandStatus:
    """What a status comes to at once: the acknowledgement completes `restart-app` (1.J.11)."""
    restarted = slug is CommandSlug.RESTART_APP and status is CommandStatus.ACK
    return CommandStatus.SUCCESS if restarted else status


def contradicts(status: Status, to: CommandStatus) -> bool:
    """Whether a result comes too late for a command that has ended otherwise; its earlier steps may come in late."""
    if status not in ENDED or to is status:
        return False
    return CommandStatus.FAILED in (status, to)


def patience(status: Status) -> tuple[timedelta, ...]:
    """How long an opening waits in this status: after each span somebody is told, after the last it is given up."""
    return _PATIENCE.get(status, ())


def waits_until(slug: CommandSlug, status: Status, *, expires_at: datetime, updated_at: datetime) -> datetime | None:
    """When a command has waited long enough; None where it has ended, and for an opening that was acknowledged."""
    if status is None:
        return expires_at
    if status is CommandStatus.ACK and slug in _ANSWERED_WITHIN:
        return updated_at + _ANSWERED_WITHIN[slug]
    return None


def unanswered(slug: CommandSlug, status: Status) -> str:
    """Why a command that has waited long enough has failed."""
    if status is None:
        return NO_ACKNOWLEDGEMENT
    return NOT_STARTED_AGAIN if slug is CommandSlug.REBOOT else NOT_ANSWERED


def given_up(status: Status) -> str:
    """Why an opening that was waiting in this status has failed."""
    return _GIVEN_UP[status]


def taken_and_put(removed: int, added: int) -> str:
    """The outcome of an opening that ended well."""
    return f"{removed or 'None'} taken, {added or 'none'} put in."
