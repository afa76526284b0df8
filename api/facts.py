"""Facts as devices and people report them natively: in batches about anything, or by hand about one item (1.K, S22)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation

from api.calls import moment_of, source_of
from api.decoding import FACTS_LIMIT, FAULTS_SHOWN, ApiRequest
from api.envelope import Envelope, Shown
from api.parts import Parts
from api.principals import Principal
from api.said import Amendments, Batch, ReportedFact, Said
from api.sent import key_of
from domain.changes import Action
from domain.errors import Invalid
from domain.facts import Fact, FactKind
from domain.identity import fact_id
from storage import instructions, items
from storage.tables import Instruction, Item

Faults = list[tuple[str, list[str]]]

SIGNALS_AT_ONCE = 8
OF_A_GROUP = "This is a group: what its items report is its level."


class Received(Shown):
    """How many facts were taken for how many items, and what their reporter calls them."""

    received: int
    items: int
    ids: list[str]


@dataclass(frozen=True)
class Addressed:
    """A fact and where it goes; `place` is where it stands in the request."""

    place: str
    said: Said
    key: str | None
    item: Item
    instruction: Instruction | None = None


class FactsController(Controller):
    """Reports."""

    tags = ("Device",)

    @post(
        "/facts",
        operation_id="ReportFacts",
        request_max_body_size=FACTS_LIMIT,
    )
    async def report(
        self,
        data: JSONBody[Batch],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[Received]:
        """Report up to 1,000 facts about any items; all are checked before the first is passed on."""
        addressed = await _addressed(parts, principal, data.facts)
        await _tell(parts, principal, "POST /facts", addressed, data.sent_at)
        return _received(addressed, [fact.id for fact in data.facts])

    @post(
        "/items/{uuid:uuid}/facts",
        operation_id="AmendItem",
        tags=["UI"],
        request_max_body_size=FACTS_LIMIT,
    )
    async def amend(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[Amendments],
        request: ApiRequest,
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[Received]:
        """Amend an item by hand: a person's count is the whole level (S22, 1.N)."""
        async with parts.db.reading() as session:
            item = (await items.get(session, principal.household, uuid)).item
        key = key_of(request)
        keys = [fact.id or (key and f"{key}\x1f{number}") for number, fact in enumerate(data.facts)]
        addressed = [Addressed(f"facts.{number}", fact, keys[number], item) for number, fact in enumerate(data.facts)]
        _check([fault for each in addressed for fault in _faults(each)])
        told = await _tell(parts, principal, "POST /items/{uuid}/facts", addressed, data.sent_at)
        return _received(addressed, [fact.id or made.id for fact, made in zip(data.facts, told, strict=True)])


async def _addressed(parts: Parts, principal: Principal, facts: Sequence[ReportedFact]) -> list[Addressed]:
    """Each fact with its item; raises Invalid that names what is missing, foreign or deleted as `facts.17.item`."""
    directory = await _directory(parts, principal, facts)
    found: list[Addressed] = []
    faults: Faults = []
    for number, fact in enumerate(facts):
        place = f"facts.{number}"
        try:
            found.append(directory.addressed(place, fact))
        except Invalid as invalid:
            faults += list(invalid.fields.items())
        else:
            faults += _faults(found[-1])
    _check(faults)
    return found


@dataclass(frozen=True)
class Directory:
    """What this reporter may report about: a device only what it is paired to."""

    items: Mapping[UUID, Item]
    instructions: Mapping[UUID, Instruction]

    def addressed(self, place: str, fact: ReportedFact) -> Addressed:
        """The fact with its item; raises Invalid."""
        if (fact.item is None) == (fact.instruction is None):
            raise Invalid({f"{place}.item": ["Either item or instruction is needed."]})
        instruction = None
        if fact.instruction is not None:
            instruction = self._instruction(f"{place}.instruction", fact.instruction, FactKind(fact.kind))
        uuid = fact.item if instruction is None else instruction.item
        item = None if uuid is None else self.items.get(uuid)
        if item is None:
            raise Invalid({f"{place}.item": ["There is no such item."]})
        return Addressed(place, fact, fact.id, item, instruction)

    def _instruction(self, place: str, uuid: UUID, kind: FactKind) -> Instruction:
        instruction = self.instructions.get(uuid)
        if instruction is None:
            raise Invalid({place: ["There is no such instruction."]})
        if (instruction.action == Action.REORDER) != (kind is FactKind.PRESSED):
            raise Invalid({place: [f"An instruction to {instruction.action} does not take {kind}."]})
        return instruction


async def _directory(parts: Parts, principal: Principal, facts: Sequence[ReportedFact]) -> Directory:
    device = principal.uuid if principal.kind == "device" else None
    wanted = {fact.instruction for fact in facts if fact.instruction is not None}
    async with parts.db.reading() as session:
        paired = await instructions.own(session, principal.household, wanted, device)
        about = {fact.item for fact in facts if fact.item is not None}
        if device is not None:
            about &= await instructions.items_of_device(session, device)
        about |= {instruction.item for instruction in paired.values()}
        return Directory(await items.own(session, principal.household, about), paired)


def _faults(fact: Addressed) -> Faults:
    if fact.item.is_group and fact.said.kind != "pressed":
        return [(f"{fact.place}.kind", [OF_A_GROUP])]
    faults = fact.said.faults(fact.item.unit, fact.item.capacity)
    return [(f"{fact.place}.{name}", [text]) for name, text in faults]


def _check(faults: Faults) -> None:
    if faults:
        raise Invalid(dict(faults[:FAULTS_SHOWN]))


async def _tell(
    parts: Parts, principal: Principal, route: str, addressed: Sequence[Addressed], sent_at: datetime | None
) -> list[Fact]:
    """One signal for each item; raises Unavailable, after which a repeat of the whole call is safe."""
    facts: dict[UUID, list[Fact]] = {}
    rows = {each.item.uuid: each.item for each in addressed}
    received = {item: await parts.desk.now(item) for item in rows}
    for each in addressed:
        fact = _fact(principal, route, each, sent_at, received[each.item.uuid])
        facts.setdefault(each.item.uuid, []).append(fact)
    few = asyncio.Semaphore(SIGNALS_AT_ONCE)

    async def tell(item: UUID) -> None:
        async with few:
            await parts.desk.report(principal.household, item, rows[item].name, facts[item])

    try:
        async with asyncio.TaskGroup() as group:
            for item in facts:
                group.create_task(tell(item))
    except BaseExceptionGroup as failed:
        # the first failure has stopped the others: a Temporal that is away is not waited for once per item
        raise failed.exceptions[0] from None
    return [fact for told in facts.values() for fact in told]


def _fact(
    principal: Principal, route: str, addressed: Addressed, sent_at: datetime | None, received_at: datetime
) -> Fact:
    said, item = addressed.said, addressed.item
    kind, quantity = said.measured(item.unit, item.capacity)
    return Fact(
        id=fact_id(str(principal), route, addressed.key or uuid4().hex),
        kind=kind,
        observed_at=moment_of(said.at, sent_at, received_at),
        received_at=received_at,
        source=source_of(principal),
        quantity=quantity,
        is_low=said.low,
        tag=said.tag,
        device=principal.uuid if principal.kind == "device" else None,
        instruction=addressed.instruction.uuid if addressed.instruction is not None else None,
        keyed=addressed.key is not None,
        expires_at=None if said.expires_at is None else said.expires_at.astimezone(UTC),
    )


def _received(addressed: Sequence[Addressed], ids: list[str]) -> Envelope[Received]:
    about = {each.item.uuid for each in addressed}
    return Envelope(message="Facts received.", data=Received(received=len(addressed), items=len(about), ids=ids))
