"""Fleets (S70, S71): what the document leaves out (1.J.7)."""

import pytest

from storage import fleets
from tests.api.direct import Household
from tests.api.fridges import a_fleet, a_fridge


async def test_a_fleet_is_made_renamed_listed_and_removed(household: Household) -> None:
    first, second = await a_fleet(household), await a_fleet(household, "Other")
    path = f"/fleets/{first['uuid']}"
    assert (await household.user.get("/fleets")).json()["data"] == [second, first]
    renamed = (await household.user.call("PATCH", path, json={"name": "New"})).json()
    assert (renamed["message"], renamed["data"]["name"]) == ("Fleet updated.", "New")
    assert (await household.user.get(path)).json()["data"] == renamed["data"]
    assert (await household.user.call("PATCH", path, json={})).json()["data"]["name"] == "New"
    deleted = await household.user.call("DELETE", path)
    assert (deleted.status_code, deleted.json()) == (200, {"message": "Fleet deleted.", "data": None})
    assert (await household.user.get(path)).status_code == 404
    assert (await household.user.get("/fleets")).json()["data"] == [second]


async def test_fleets_come_in_pages(household: Household) -> None:
    made = [await a_fleet(household, name) for name in "abc"]
    page = (await household.user.get("/fleets", limit=2)).json()
    rest = (await household.user.get("/fleets", limit=2, cursor=page["nextCursor"])).json()
    assert page["data"] + rest["data"] == made[::-1]
    assert rest["nextCursor"] is None


async def test_a_fleet_with_fridges_stays(household: Household) -> None:
    fridge = await a_fridge(household)
    path = f"/fleets/{fridge['fleet']['uuid']}"
    refused = await household.user.call("DELETE", path)
    assert (refused.status_code, refused.json()["message"]) == (
        409,
        "There are fridges in this fleet: delete them or move them first.",
    )
    await household.user.call("DELETE", f"/fridges/{fridge['uuid']}")
    assert (await household.user.call("DELETE", path)).status_code == 200


async def test_a_repeat_with_the_same_key_makes_no_second_fleet(household: Household) -> None:
    first = await household.user.post("/fleets", {"name": "x"}, key="a-key-for-one-fleet")
    second = await household.user.post("/fleets", {"name": "x"}, key="a-key-for-one-fleet")
    assert first.json() == second.json()
    assert len((await household.user.get("/fleets")).json()["data"]) == 1


async def test_an_account_has_only_so_many_fleets(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleets, "MOST_FLEETS", 1)
    await a_fleet(household)
    refused = await household.user.post("/fleets", {"name": "x"})
    assert (refused.status_code, refused.json()["message"]) == (409, "An account has at most 1 fleets.")
