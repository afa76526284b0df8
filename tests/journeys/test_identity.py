"""The identity sphere with its workflows: letters with codes, and the address that a parcel goes to (S5, S7)."""

import json
from datetime import timedelta
from typing import Any

import httpx

from simulator.behaviours import answer
from simulator.family import Family, eventually, ok
from simulator.retailer import ScriptedRetailer
from storage.secrets import TOKEN
from tests.journeys.parts import A_MOMENT, a_cookie_jar

HOME = {"name": "Ada", "street": "Marienstr. 12", "postalCode": "10117", "city": "Berlin", "country": "DE"}


async def letter(family: Family, kind: str) -> Any:
    """The newest letter of a kind, once it is written."""

    async def letters() -> list[Any]:
        return [each for each in await family.get("/outbox") if each["kind"] == kind]

    return (await eventually(letters, bool))[0]


async def sent(family: Family, path: str, **body: str) -> httpx.Response:
    """A call of somebody who is not logged in."""
    return await family.http.post(path, json=body)


async def test_the_codes_of_letters_confirm_an_address_and_change_a_password(family: Family) -> None:
    """S5, S7."""
    me = await family.get("/auth/me")
    code = TOKEN.search((await letter(family, "confirm-email"))["text"])
    assert code is not None
    ok(await sent(family, "/auth/confirm", code=code[0]))
    assert (await family.get("/auth/me"))["confirmedAt"] is not None
    known = await sent(family, "/auth/reset", email=me["email"])
    unknown = await sent(family, "/auth/reset", email=f"x{me['email']}")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    code = TOKEN.search((await letter(family, "reset-password"))["text"])
    assert code is not None
    ok(await sent(family, "/auth/password", code=code[0], password="battery horse staple"))
    assert (await family.http.get("/auth/me", headers=family.auth)).status_code == 401
    ok(await sent(family, "/auth/login", username=me["email"], password="battery horse staple"))


async def test_every_attempt_and_the_order_later_on_have_the_address_of_the_first_attempt(family: Family) -> None:
    """S7, S26: under one key nothing else is ever sent."""
    await family.post("/addresses", **HOME)
    async with ScriptedRetailer([answer(503, retry_after="3600")]) as retailer:
        home = await a_cookie_jar(family, ordersUrl=retailer.url)
        await home.jar.level(level=5)
        await retailer.wait_for_requests(1)
        await family.post("/addresses", **HOME, default=True)
        await family.post("/addresses", **HOME | {"street": "Elsewhere 1"}, default=True)
        order = await home.order_is("placing")
        await home.after(order, timedelta(hours=1) + A_MOMENT)
        await home.order_is("placed")
        addresses = {json.loads(request.body)["customer"]["address"] for request in retailer.requests}
    assert len(retailer.requests) == 2
    assert addresses == {"Ada\nMarienstr. 12\n10117 Berlin\nDE"}
    assert {(await home.shop.order())["customer"]["address"]} == addresses


async def test_an_order_that_is_pulled_keeps_the_address_that_it_was_placed_with(family: Family) -> None:
    """S7, S26."""
    await family.post("/addresses", **HOME)
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    await home.order_is("placed")
    await family.post("/addresses", **HOME | {"street": "Elsewhere 1"}, default=True)
    assert (await home.shop.order())["customer"]["address"] == "Ada\nMarienstr. 12\n10117 Berlin\nDE"
