"""A device call on its way: which instruction is meant, and the fact that its item is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from api.parts import Parts
from api.principals import Principal
from api.sent import Sent
from domain.changes import Action
from domain.errors import Invalid
from domain.facts import Fact, FactKind, Source, observed
from domain.identity import fact_id
from storage import instructions
from storage.tables import Instruction, Item

UNPAIRED = "This device has no instruction for this call."


@dataclass(frozen=True)
class Call:
    """What was sent; `ref` chooses the instruction, by the name `ref_name`, and `key` tells a repeat."""

    route: str
    sent: Sent
    ref: int | None
    ref_name: str
    key: str | None


async def report(parts: Parts, caller: Principal, call: Call) -> Fact:
    """Tell the item that the call is about; returns when that is durable.

    Raises Invalid where no instruction or more than one may be meant, and Unavailable.
    """
    observation, key = call.sent.observation, call.key or call.sent.key
    action = Action.REORDER if observation.kind is FactKind.PRESSED else Action.TRACK
    device = caller.uuid if caller.kind == "device" else None
    async with parts.db.reading() as session:
        found = await instructions.paired(session, caller.household, action, device=device, ref=call.ref)
    instruction, item = _only(found, call.ref_name)
    received_at = await parts.desk.now(item.uuid)
    fact = Fact(
        id=fact_id(str(caller), call.route, key or uuid4().hex),
        kind=observation.kind,
        observed_at=moment_of(call.sent.at, call.sent.sent_at, received_at),
        received_at=received_at,
        source=source_of(caller),
        quantity=observation.measured_in(item.unit, item.capacity),
        is_low=observation.is_low,
        device=device,
        instruction=instruction.uuid,
        keyed=key is not None,
    )
    await parts.desk.report(caller.household, item.uuid, item.name, [fact])
    return fact


def source_of(caller: Principal) -> Source:
    """Whose word it is: what comes with a user's own token, a person said."""
    return Source.DEVICE if caller.kind == "device" else Source.PERSON


def moment_of(at: datetime | None, sent_at: datetime | None, received_at: datetime) -> datetime:
    """When it was observed (1.N, Time), in UTC: elsewhere a shifted moment could leave what can be represented."""
    return observed(_utc(at), _utc(sent_at), received_at.astimezone(UTC))


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _only(found: Sequence[tuple[Instruction, Item]], ref_name: str) -> tuple[Instruction, Item]:
    match found:
        case [only]:
            return only
        case []:
            raise Invalid({}, UNPAIRED)
    raise Invalid({ref_name: ["There are several instructions for this call; choose one by its ref."]})
