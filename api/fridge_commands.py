"""What a fridge is told to do, by whom, and how far it has come (S84-S96)."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation

from api.answers import OneAnswer
from api.bodies import Nothing
from api.envelope import Envelope, Listing, Paging
from api.parts import Parts
from api.principals import Principal
from domain.errors import NotFound
from domain.fridge_papers import CommandPaper
from domain.fridges import CommandSlug, NewCommand
from storage import fridges


class FridgeCommandsController(Controller):
    """Commands."""

    path = "/fridges/{uuid:uuid}/commands"
    tags = ("Fridge",)

    @post("/{slug:str}", operation_id="CommandFridge")
    async def command(
        self,
        uuid: FromPath[UUID],
        slug: FromPath[str],
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[CommandPaper]]:
        """Have a fridge `reboot`, `open`, do an `inventory`, tell its `temperature` or `door-status`, `restart-app`.

        What becomes of it is told to the fridge's webhookUrl. While an `open` is under way, another is refused (409).
        """
        parts = one_answer.parts
        if slug not in set(CommandSlug):
            raise NotFound("There is no such command.")
        async with parts.db.reading() as session:
            await fridges.get(session, principal.household, uuid)

        async def make(made: UUID) -> Envelope[CommandPaper]:
            account, at = principal.household, await parts.desk.now(uuid)
            told = NewCommand(uuid=made, fridge=uuid, slug=CommandSlug(slug), author=account, at=at)
            await parts.desk.fridge_command(account, told)
            parts.waiting.ring(uuid)
            async with parts.db.reading() as session:
                command, author = await fridges.command(session, made)
            return Envelope(message="Command created.", data=CommandPaper.of(command, author))

        return await one_answer.through_workflow(data, make)

    @get(operation_id="ListFridgeCommands")
    async def commands(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[CommandPaper]:
        """Everything that the fridge was told, newest first."""
        before = paging.after(datetime.fromisoformat, UUID)
        async with parts.db.reading() as session:
            fridge = await fridges.get(session, principal.household, uuid)
            rows = await fridges.commands(session, fridge.uuid, before, paging.limit)
        return paging.listing(
            "Commands.", rows, lambda row: CommandPaper.of(*row), lambda row: (row[0].created_at, row[0].uuid)
        )
