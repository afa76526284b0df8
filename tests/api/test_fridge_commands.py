"""Commands (S84-S96): what can be asked of a fridge, once, and what is refused."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.fridges import CommandSlug, CommandStatus
from storage import fridges
from storage.tables import Fridge
from tests.api.direct import Household
from tests.api.fridges import a_command, a_fridge
from tests.api.server import Caller

NAMES = {
    "reboot": "Reboot",
    "open": "Open",
    "inventory": "Inventory",
    "temperature": "Temperature",
    "door-status": "Door status",
    "restart-app": "Restart app",
}


@pytest.mark.parametrize("slug", list(CommandSlug), ids=str)
async def test_each_command_can_be_given(household: Household, slug: str) -> None:
    """S84 to S91, S94, S121: with an empty JSON body, too."""
    fridge = await a_fridge(household)
    path = f"/fridges/{fridge['uuid']}/commands/{slug}"
    answer = await household.user.post(path, {})
    assert (answer.status_code, answer.json()["message"]) == (201, "Command created.")
    made = answer.json()["data"]
    assert made["type"] == {"name": NAMES[slug], "slug": slug}
    assert (made["status"], made["message"]) == (None, None)
    user = household.user.shown
    assert made["author"] == {
        "identifier": user["email"],
        "createdAt": user["createdAt"],
        "updatedAt": user["updatedAt"],
    }
    listed = (await household.user.get(f"/fridges/{fridge['uuid']}/commands")).json()["data"]
    assert listed == [made]


@pytest.mark.parametrize("slug", ["close", "OPEN", "open ", "doorstatus", "door_status"])
async def test_what_is_no_command_is_not_found(household: Household, slug: str) -> None:
    fridge = await a_fridge(household)
    answer = await household.user.post(f"/fridges/{fridge['uuid']}/commands/{slug}")
    assert (answer.status_code, answer.json()["message"]) == (404, "There is no such command.")


async def test_a_command_takes_no_fields(household: Household) -> None:
    """S84, S119."""
    fridge = await a_fridge(household)
    answer = await household.user.post(f"/fridges/{fridge['uuid']}/commands/open", {"force": True})
    assert (answer.status_code, answer.json()["data"]) == (400, {"force": ["This field was not expected."]})


async def test_while_a_fridge_is_being_opened_another_opening_is_refused(household: Household) -> None:
    """1.J.11: another command is not, and another fridge opens."""
    fridge, other = await a_fridge(household), await a_fridge(household)
    await a_command(household, fridge)
    refused = await household.user.post(f"/fridges/{fridge['uuid']}/commands/open")
    assert refused.status_code == 409
    await a_command(household, fridge, "inventory")
    await a_command(household, other)
    async with household.home.parts.db.writing() as session:
        (await session.get_one(Fridge, UUID(fridge["uuid"]))).opening = None
    await a_command(household, fridge)


async def test_a_repeat_with_the_same_key_gives_no_second_command(household: Household) -> None:
    fridge = await a_fridge(household)
    path, key = f"/fridges/{fridge['uuid']}/commands/open", "a-key-for-one-opening"
    async with household.home.temporal_away(late=True):
        assert (await household.user.post(path, key=key)).status_code == 503
    first, second = await household.user.post(path, key=key), await household.user.post(path, key=key)
    assert first.status_code == second.status_code == 201, first.text
    assert first.json() == second.json()
    assert (await household.user.get(f"/fridges/{fridge['uuid']}/commands")).json()["data"] == [first.json()["data"]]


async def test_commands_are_listed_with_how_far_they_have_come(household: Household) -> None:
    """S92, S93, S96: newest first, the video only where there is one."""
    fridge = await a_fridge(household)
    first, second = await a_command(household, fridge), await a_command(household, fridge, "temperature")
    async with household.home.parts.db.writing() as session:
        opening = (await fridges.command(session, UUID(fridge["uuid"]), UUID(first["uuid"])))[0]
        opening.status, opening.video = CommandStatus.INVENTORY, "https://example.com/video.mp4"
        failed = (await fridges.command(session, UUID(fridge["uuid"]), UUID(second["uuid"])))[0]
        failed.status, failed.message = CommandStatus.FAILED, "No acknowledgement from the fridge."
    path = f"/fridges/{fridge['uuid']}/commands"
    page = (await household.user.get(path, limit=1)).json()
    rest = (await household.user.get(path, limit=1, cursor=page["nextCursor"])).json()
    assert page["data"] == [second | {"status": "failed", "message": "No acknowledgement from the fridge."}]
    assert rest["data"] == [first | {"status": "inventory", "video": "https://example.com/video.mp4"}]
    assert list(rest["data"][0]) == [*list(first)[:5], "video", *list(first)[5:]]
    one = (await household.user.get(f"{path}/{second['uuid']}")).json()
    assert one == {"message": "Command.", "data": page["data"][0]}


async def test_a_command_is_one_of_its_fridge(household: Household) -> None:
    fridge, other = await a_fridge(household), await a_fridge(household)
    given = await a_command(household, fridge)
    for path in (f"{other['uuid']}/commands/{given['uuid']}", f"{fridge['uuid']}/commands/open"):
        answer = await household.user.get(f"/fridges/{path}")
        assert (answer.status_code, answer.json()["message"]) == (404, "There is no such command.")


async def test_a_key_needs_a_scope_of_its_own_to_open_a_door(household: Household) -> None:
    fridge = await a_fridge(household)
    path = f"/fridges/{fridge['uuid']}/commands"
    others = ["fridges:read", "fridges:write", "devices:write", "items:write"]
    weak, strong = [await a_key(household, scopes) for scopes in (others, ["fridges:command"])]
    assert (await weak.post(f"{path}/open")).status_code == 403
    assert (await strong.post(f"{path}/open")).status_code == 201
    assert (await strong.get(path)).status_code == 403


async def a_key(household: Household, scopes: list[str]) -> Caller:
    """A key with these scopes."""
    made: Any = await household.made("/keys", name="Fridges", scopes=scopes)
    return Caller(household.home.http, made["key"])


async def test_another_households_fridge_takes_no_commands(household: Household) -> None:
    fridge, other = await a_fridge(household), await household.home.a_household()
    for uuid in (fridge["uuid"], str(uuid4())):
        assert (await other.user.post(f"/fridges/{uuid}/commands/open")).status_code == 404
    assert (await household.user.get(f"/fridges/{fridge['uuid']}/commands")).json()["data"] == []
