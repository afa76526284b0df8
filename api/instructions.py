"""Instructions: what a device or an app is paired to do when it calls (S32-S34, S61)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation

from api import pairing
from api.answers import OneAnswer
from api.envelope import Envelope, Listing, Paging, Quantity, Shown, When
from api.etags import Seen, Unchanged
from api.pairing import InstructionChanges, NewInstruction
from api.parts import Parts
from api.principals import Principal
from domain.changes import Action, Change, ChangeKind, InstructionDraft
from storage import instructions
from storage.instructions import WithOffer
from storage.tables import Instruction


class OrderOfInstruction(Shown):
    """What is ordered; `packSize` as the catalogue has it now, null when the SKU is no longer in it."""

    retailer: UUID
    sku: str
    quantity: int
    pack_size: Quantity | None


class InstructionShown(Shown):
    """A pairing; `ref` is what `/v1` and `/v2` choose it by (S46)."""

    uuid: UUID
    ref: int
    device: UUID | None
    action: Action
    item: UUID
    trigger_level: Quantity | None
    order: OrderOfInstruction | None
    created_at: When
    updated_at: When


class InstructionsController(Controller):
    """What calls mean."""

    path = "/instructions"
    tags = ("UI",)

    @post(operation_id="AddInstruction")
    async def add(
        self,
        data: JSONBody[NewInstruction],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[InstructionShown]]:
        """Pair a device or app; `reorder` without `item` makes an untracked item of what it orders."""
        account = principal.household

        async def make(uuid: UUID) -> Envelope[InstructionShown]:
            async with parts.db.reading() as session:
                made = await instructions.find(session, account, uuid)
                draft = None if made is not None else await pairing.drafted(session, account, uuid, data)
            if draft is not None:
                at = await parts.desk.now(draft.item if draft.new_item is None else None)
                await parts.desk.change(_change(draft, account, 1, at, draft))
            return Envelope(message="Instruction created.", data=_shown(await _own(parts, principal, uuid)))

        return await one_answer.through_workflow(data, make)

    @get(operation_id="ListInstructions")
    async def list_instructions(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        item: Annotated[UUID | None, QueryParameter(description="Only those about this item.")] = None,
        device: Annotated[UUID | None, QueryParameter(description="Only those of this device.")] = None,
    ) -> Listing[InstructionShown]:
        """The household's instructions, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            rows = await instructions.page(session, principal.household, before, paging.limit, item=item, device=device)
        return paging.listing("Instructions.", rows, _shown, lambda row: (row[0].uuid,))

    @get("/{uuid:uuid}", operation_id="GetInstruction")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[InstructionShown]]:
        """One instruction."""
        row = await _own(parts, principal, uuid)
        return seen.answer(Envelope(message="Instruction.", data=_shown(row)), row[0])

    @patch("/{uuid:uuid}", operation_id="ChangeInstruction")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[InstructionChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[InstructionShown]]:
        """Change the trigger level or what is ordered; what is left out stays."""
        async with parts.db.reading() as session:
            present, _ = await instructions.get(session, principal.household, uuid)
            unchanged.check(present)
            draft = await pairing.redrafted(session, present, data)
        at = await parts.desk.now(draft.item)
        await parts.desk.change(_change(present, present.account, present.version + 1, at, draft))
        row = await _own(parts, principal, uuid)
        return unchanged.answer(Envelope(message="Instruction updated.", data=_shown(row)), row[0])

    @delete("/{uuid:uuid}", operation_id="DeleteInstruction", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """End a pairing, with the rule that its trigger level meant; what calls with it is refused from now on."""
        present, _ = await _own(parts, principal, uuid)
        at = await parts.desk.now(present.item)
        await parts.desk.change(_change(present, present.account, present.version + 1, at, None))
        return Envelope(message="Instruction deleted.", data=None)


def _change(
    subject: Instruction | InstructionDraft, account: UUID, version: int, at: datetime, draft: InstructionDraft | None
) -> Change:
    return Change(
        subject=subject.uuid,
        version=version,
        account=account,
        item=subject.item,
        at=at,
        kind=ChangeKind.INSTRUCTION,
        draft_instruction=draft,
    )


async def _own(parts: Parts, principal: Principal, uuid: UUID) -> WithOffer:
    async with parts.db.reading() as session:
        return await instructions.get(session, principal.household, uuid)


def _shown(row: WithOffer) -> InstructionShown:
    instruction, entry = row
    order = None
    if instruction.retailer is not None and instruction.sku is not None and instruction.packs is not None:
        order = OrderOfInstruction(
            retailer=instruction.retailer,
            sku=instruction.sku,
            quantity=instruction.packs,
            pack_size=None if entry is None else entry.pack_size,
        )
    return InstructionShown(
        uuid=instruction.uuid,
        ref=instruction.ref,
        device=instruction.device,
        action=Action(instruction.action),
        item=instruction.item,
        trigger_level=instruction.trigger_level,
        order=order,
        created_at=instruction.created_at,
        updated_at=instruction.updated_at,
    )
