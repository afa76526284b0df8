"""What a fridge is told to do, by whom, and how far it has come (S84-S96)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter, SkipValidation

from api.answers import OneAnswer
from api.bodies import Nothing
from api.envelope import Envelope, Listing, Paging
from api.parts import Parts
from api.principals import Principal
from domain.errors import NotFound
from domain.fridge_papers import CommandPaper
from domain.fridges import CommandSlug, NewCommand
from storage import fridges

NO_COMMAND = "There is no such command."


class FridgeCommandsController(Controller):
    """Commands."""

    path = "/fridges/{uuid:uuid}/commands"
    tags = ("Fridge",)

    @post("/{command:str}", operation_id="CommandFridge")
    async def give(
        self,
        uuid: FromPath[UUID],
        command: Annotated[str, PathParameter(description="What it is to do.")],
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[CommandPaper]]:
        """Have a fridge `reboot`, `open`, do an `inventory`, tell its `temperature` or `door-status`, `restart-app`.

        What becomes of it is told to the fridge's webhookUrl. While an `open` is under way, another is refused (409).
        """
        parts = one_answer.parts
        if command not in set(CommandSlug):
            raise NotFound(NO_COMMAND)
        async with parts.db.reading() as session:
            await fridges.get(session, principal.household, uuid)

        async def make(made: UUID) -> Envelope[CommandPaper]:
            account, at = principal.household, await parts.desk.now(uuid)
            told = NewCommand(uuid=made, fridge=uuid, slug=CommandSlug(command), author=account, at=at)
            await parts.desk.fridge_command(account, told)
            parts.waiting.ring(uuid)
            async with parts.db.reading() as session:
                written = await fridges.command(session, uuid, made)
            return Envelope(message="Command created.", data=CommandPaper.of(*written))

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

    @get("/{command:str}", operation_id="GetFridgeCommand")
    async def command(
        self,
        uuid: FromPath[UUID],
        command: Annotated[str, PathParameter(description="The uuid that it was given.", format="uuid")],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[CommandPaper]:
        """See how far a command has come, and in `message` why it has failed."""
        try:
            known_by = UUID(command)
        except ValueError as unknown:
            raise NotFound(NO_COMMAND) from unknown
        async with parts.db.reading() as session:
            fridge = await fridges.get(session, principal.household, uuid)
            return Envelope(
                message="Command.", data=CommandPaper.of(*await fridges.command(session, fridge.uuid, known_by))
            )
