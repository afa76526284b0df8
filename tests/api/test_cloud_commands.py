"""Commands for a fridge in another cloud, and which of its notifications are about them (1.L, S84, S95)."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.clouds import Clouds
from domain.clouds import PostCommand
from domain.fridges import CommandSlug
from outside.eatmachine import Accepted, Declined, EatMachine, TryAgain
from storage.tables import FridgeCommand
from tests.api.clouds import Cloud, a_cloud, said
from tests.api.direct import Household, UntoldFridges

Outcome = Accepted | Declined | TryAgain
NOT_ANSWERED = TryAgain("No answer within 10 s.", None)


class ScriptedCloud(EatMachine):
    """Answers one after the other, and keeps by which keys it was asked."""

    def __init__(self, *outcomes: Outcome) -> None:
        super().__init__(httpx.MockTransport(lambda _: httpx.Response(500)))
        self._outcomes = list(outcomes)
        self.keys: list[UUID] = []

    async def command(self, base_url: str, api_key: str, fridge: str, slug: CommandSlug, key: UUID) -> Outcome:
        self.keys.append(key)
        return self._outcomes.pop(0)


@dataclass
class Waiting:
    """A command that waits to be posted."""

    cloud: Cloud
    uuid: UUID

    async def row(self) -> FridgeCommand:
        """As it is stored."""
        async with self.cloud.household.home.parts.db.reading() as session:
            return await session.get_one(FridgeCommand, self.uuid)

    async def posted(self, *outcomes: Outcome) -> list[UUID]:
        """By which keys the other cloud was asked in as many attempts, each at its time."""
        scripted, parts = ScriptedCloud(*outcomes), self.cloud.household.home.parts
        clouds = Clouds(parts.db, UntoldFridges(cast("Client", None)), scripted, parts.secrets)
        for outcome in outcomes:
            if isinstance(outcome, TryAgain):
                with pytest.raises(ApplicationError):
                    await clouds.post_command(PostCommand(command=self.uuid))
            else:
                await clouds.post_command(PostCommand(command=self.uuid))
        return scripted.keys

    async def heard(self, kind: str, remote: str, status: str | None, data: Any = None) -> None:
        """The other cloud tells what has become of the command that it knows by that name."""
        command = {"uuid": remote, "type": {"name": "Temperature", "slug": "temperature"}, "status": status}
        assert (await self.cloud.send(said(kind, data, command=command))).status_code == 200


@pytest.fixture
async def waiting(household: Household) -> Waiting:
    cloud = await a_cloud(household)
    await cloud.send(said("heartbeat"))
    fridge = await cloud.fridge()
    given = await household.made(f"/fridges/{fridge['uuid']}/commands/temperature")
    return Waiting(cloud, UUID(given["uuid"]))


@pytest.mark.parametrize(("kind", "status"), [("ack", "ack"), ("ack", "failed"), ("temperature", None)])
async def test_what_becomes_of_somebody_elses_command_is_not_taken_for_ours_that_waits(
    waiting: Waiting, kind: str, status: str | None
) -> None:
    """Nothing that was not posted yet can be answered."""
    await waiting.heard(kind, "their-41", status, {"temperature": 4} if kind == "temperature" else None)
    row = await waiting.row()
    assert (row.remote_uuid, row.status) == (None, None)
    assert await waiting.posted(Accepted("their-42")) == [waiting.uuid]
    assert (await waiting.row()).remote_uuid == "their-42"
    await waiting.heard("ack", "their-42", "ack")
    assert (await waiting.row()).status == "ack"


async def test_a_notification_that_overtakes_the_answer_is_about_the_command_that_waits_for_it(
    waiting: Waiting,
) -> None:
    """An acknowledged command is not posted again."""
    await waiting.posted(NOT_ANSWERED)
    await waiting.heard("ack", "their-42", "ack")
    row = await waiting.row()
    assert (row.remote_uuid, row.status) == ("their-42", "ack")
    assert await waiting.posted(Accepted("their-42")) == []


async def test_a_command_that_only_may_have_been_taken_is_posted_until_it_is(waiting: Waiting) -> None:
    """A name alone proves nothing; our key makes its repeats one command."""
    await waiting.posted(NOT_ANSWERED)
    await waiting.heard("screen-status", "their-41", None, {"status": "on"})
    assert (await waiting.row()).remote_uuid == "their-41"
    assert await waiting.posted(NOT_ANSWERED, Accepted("their-42")) == [waiting.uuid] * 2
    assert (await waiting.row()).remote_uuid == "their-42"
