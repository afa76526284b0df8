"""Payment methods (S7): a provider's token, sealed and never shown again; one default; never a card number."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from storage.choices import MOST
from storage.tables import PaymentMethod, Table
from tests.api.direct import Home
from tests.api.server import Api, Caller

TOKEN = "pm_1Q0PsIJvEtkwdCNYMSaVuRz6"
CARD = {"provider": "stripe", "name": "The blue card", "token": TOKEN}
INVOICE = {"provider": "on-account", "name": "By invoice"}
NUMBER = "4242 4242 4242 4242"


async def made(user: Caller, **body: Any) -> Any:
    """A payment method, as the answer shows it."""
    answer = await user.post("/payment-methods", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def defaults(user: Caller) -> list[str]:
    """The names of those that are said to be the default."""
    return [each["name"] for each in (await user.get("/payment-methods")).json()["data"] if each["default"]]


async def everything_stored(home: Home) -> str:
    """Every row there is."""
    async with home.parts.db.reading() as session:
        return "\n".join([repr((await session.execute(select(table))).all()) for table in Table.metadata.sorted_tables])


async def test_a_token_is_sealed_and_shown_to_nobody(home: Home) -> None:
    """S7."""
    user = await home.a_user()
    method = await made(user, **CARD)
    assert method == {"provider": "stripe", "name": "The blue card", "default": True} | {
        name: method[name] for name in ("uuid", "createdAt", "updatedAt")
    }
    shown = await user.get(f"/payment-methods/{method['uuid']}")
    assert shown.json() == {"message": "Payment method.", "data": method}
    assert TOKEN not in (await user.get("/payment-methods")).text
    assert TOKEN not in await everything_stored(home)
    async with home.parts.db.reading() as session:
        row = await session.get_one(PaymentMethod, UUID(method["uuid"]))
    assert home.parts.secrets.open(row.token or "") == TOKEN


async def test_one_is_the_default_whatever_is_asked_for(home: Home) -> None:
    """S7: the first; then the one that is made it; then the newest of those that are left."""
    user = await home.a_user()
    first = await made(user, **INVOICE, default=False)
    assert await defaults(user) == ["By invoice"]
    second = await made(user, **CARD, default=True)
    assert await defaults(user) == ["The blue card"]
    changed = await user.call("PATCH", f"/payment-methods/{first['uuid']}", json={"default": True, "name": "Invoice"})
    assert (changed.status_code, changed.json()["data"]["default"]) == (200, True)
    assert await defaults(user) == ["Invoice"]
    unset = await user.call("PATCH", f"/payment-methods/{first['uuid']}", json={"default": False, "name": "no"})
    assert unset.status_code == 409
    assert await defaults(user) == ["Invoice"]
    await user.call("DELETE", f"/payment-methods/{first['uuid']}")
    assert await defaults(user) == ["The blue card"]
    await user.call("DELETE", f"/payment-methods/{second['uuid']}")
    assert (await user.get("/payment-methods")).json()["data"] == []


@pytest.mark.parametrize(
    ("field", "value"), [("token", NUMBER), ("token", "4242424242424242"), ("name", f"Visa {NUMBER}")]
)
async def test_a_card_number_is_refused_and_stored_nowhere(home: Home, field: str, value: str) -> None:
    """1.K: a payment method holds a provider's token, never a card number."""
    user = await home.a_user()
    answer = await user.post("/payment-methods", CARD | {field: value}, key="a-key-of-this-test")
    assert answer.status_code == 400
    (sentence,) = answer.json()["data"][field]
    assert sentence == "This looks like a card number, which Larder must never see: send the token of your provider."
    for hidden in (NUMBER, NUMBER.replace(" ", "")):
        assert hidden not in answer.text
        assert hidden not in await everything_stored(home)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (CARD | {"token": None}, "token"),
        (CARD | {"token": "tok_visa"}, "token"),
        (CARD | {"token": "pm_"}, "token"),
        (CARD | {"token": "pm_../../customers"}, "token"),
        (INVOICE | {"token": TOKEN}, "token"),
        (CARD | {"provider": "cash"}, "provider"),
        (CARD | {"number": NUMBER}, "number"),
        ({"provider": "stripe", "name": "The blue card"}, "token"),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_name(home: Home, body: dict[str, Any], field: str) -> None:
    answer = await (await home.a_user()).post("/payment-methods", body)
    assert (answer.status_code, list(answer.json()["data"])) == (400, [field])


async def test_stripe_is_refused_where_nobody_has_set_it_up(api: Api) -> None:
    user = await api.a_user()
    answer = await user.post("/payment-methods", CARD)
    assert answer.json()["data"] == {"provider": ["Nobody has set up stripe here."]}
    await made(user, **INVOICE)


async def test_another_accounts_methods_do_not_exist(home: Home) -> None:
    """S7."""
    owner, other = await home.a_user(), await home.a_user()
    path = f"/payment-methods/{(await made(owner, **CARD))['uuid']}"
    assert (await other.get("/payment-methods")).json()["data"] == []
    assert (await other.get(path)).status_code == 404
    assert (await other.call("PATCH", path, json={"name": "mine"})).status_code == 404
    assert (await other.call("DELETE", path)).status_code == 404
    assert await defaults(owner) == ["The blue card"]


async def test_there_is_an_end_to_how_many(home: Home) -> None:
    user = await home.a_user()
    for _ in range(MOST):
        await made(user, **INVOICE)
    assert (await user.post("/payment-methods", INVOICE)).status_code == 409
