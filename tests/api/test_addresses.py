"""Delivery addresses (S7): one default, which is where orders go."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from storage.choices import MOST
from tests.api.direct import Household
from tests.api.server import Api, Caller

HOME = {"name": "Ada Lovelace", "street": "Marienstr. 12", "postalCode": "10117", "city": "Berlin", "country": "DE"}
ON_A_PARCEL = "Ada Lovelace\nMarienstr. 12\n10117 Berlin\nDE"


async def made(user: Caller, **more: Any) -> Any:
    """An address, as the answer shows it."""
    answer = await user.post("/addresses", HOME | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def defaults(user: Caller) -> list[str]:
    """The names of those that are said to be the default."""
    return [each["name"] for each in (await user.get("/addresses")).json()["data"] if each["default"]]


async def test_an_address_is_shown_as_it_was_given(api: Api) -> None:
    """S7."""
    user = await api.a_user()
    address = await made(user)
    assert address == HOME | {name: address[name] for name in ("uuid", "default", "createdAt", "updatedAt")}
    shown = await user.get(f"/addresses/{address['uuid']}")
    assert shown.json() == {"message": "Address.", "data": address}
    changed = await user.call("PATCH", f"/addresses/{address['uuid']}", json={"street": "Marienstr. 14"})
    assert changed.json()["data"]["street"] == "Marienstr. 14"
    assert changed.json()["data"]["city"] == "Berlin"


async def test_one_is_the_default_whatever_is_asked_for(api: Api) -> None:
    """S7: the first; then the one that is made it; then the newest of those that are left."""
    user = await api.a_user()
    first = await made(user, name="first", default=False)
    assert await defaults(user) == ["first"]
    second = await made(user, name="second")
    assert await defaults(user) == ["first"]
    third = await made(user, name="third", default=True)
    assert await defaults(user) == ["third"]
    await user.call("PATCH", f"/addresses/{first['uuid']}", json={"default": True})
    assert await defaults(user) == ["first"]
    unset = await user.call("PATCH", f"/addresses/{first['uuid']}", json={"default": False, "name": "no"})
    assert unset.status_code == 409
    assert await defaults(user) == ["first"]
    await user.call("DELETE", f"/addresses/{first['uuid']}")
    assert await defaults(user) == ["third"]
    await user.call("DELETE", f"/addresses/{second['uuid']}")
    assert await defaults(user) == ["third"]
    await user.call("DELETE", f"/addresses/{third['uuid']}")
    assert await defaults(user) == []
    assert (await user.get(f"/addresses/{third['uuid']}")).status_code == 404


async def test_many_that_are_made_the_default_at_once_leave_one(api: Api) -> None:
    user = await api.a_user()
    await asyncio.gather(*(made(user, name=str(number), default=True) for number in range(6)))
    assert len(await defaults(user)) == 1


async def test_a_repeated_call_makes_one_address(api: Api) -> None:
    user = await api.a_user()
    answers = [await user.post("/addresses", HOME, key="my-address") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len((await user.get("/addresses")).json()["data"]) == 1


async def test_the_addresses_of_others_are_not_there(api: Api) -> None:
    user, other = await api.a_user(), await api.a_user()
    path = f"/addresses/{(await made(user))['uuid']}"
    for answer in (
        await other.get(path),
        await other.call("PATCH", path, json={"default": True}),
        await other.call("DELETE", path),
    ):
        assert answer.status_code == 404
    assert (await other.get("/addresses")).json()["data"] == []
    assert await defaults(user) == ["Ada Lovelace"]


async def test_an_account_has_only_so_many(api: Api) -> None:
    user = await api.a_user()
    for number in range(MOST):
        await made(user, name=str(number))
    assert (await user.post("/addresses", HOME)).status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [("country", "de"), ("country", "Germany"), ("postalCode", ""), ("street", " "), ("city", None), ("default", 1)],
)
async def test_what_is_no_address_is_refused_by_its_field(api: Api, field: str, value: Any) -> None:
    user = await api.a_user()
    answer = await user.post("/addresses", HOME | {field: value})
    assert answer.status_code == 400
    assert list(answer.json()["data"]) == [field]
    assert (await user.get("/addresses")).json()["data"] == []


async def test_the_retailer_is_told_the_default_address(household: Household) -> None:
    """S7, S26."""
    await household.tracking(await household.item(level=5), triggerLevel=5, order=household.an_order())
    (order,) = (await household.user.get("/orders")).json()["data"]
    await household.home.desk.is_placed(UUID(order["uuid"]))
    path = f"/retailers/{household.shop.shown['uuid']}/orders"
    assert [paper["customer"] for paper in (await household.shop.get(path)).json()["data"]] == [
        {"name": "Ada", "address": None}
    ]
    await made(household.user, name="Charles", street="Elsewhere 1")
    await made(household.user, default=True)
    (paper,) = (await household.shop.get(path)).json()["data"]
    assert paper["customer"] == {"name": "Ada", "address": ON_A_PARCEL}
