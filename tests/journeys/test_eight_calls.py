"""The cookie jar, from nothing to an order, in the eight calls that the README shows (contract 1.K)."""

from functools import partial
from typing import Any

import httpx

from simulator.family import eventually
from simulator.town import Town


async def test_the_cookie_jar_from_nothing_to_an_order_in_eight_calls(the_town: Town) -> None:
    """S4, S47 to S50: answered at once, and then an order of what was paired beforehand (S32, S60)."""
    async with httpx.AsyncClient(base_url=the_town.url, trust_env=False, timeout=20) as http:
        ada = {"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"}
        answer = await http.post("/users", json=ada)
        assert answer.status_code == 201

        answer = await http.post("/auth/login", json={"username": ada["email"], "password": ada["password"]})
        assert answer.status_code == 200
        user = {"Authorization": f"Bearer {answer.json()['token']}"}

        answer = await http.post("/retailers", json={"name": "Corner Shop", "contactEmail": "orders@example.com"})
        assert answer.status_code == 201
        retailer = answer.json()["data"]
        assert retailer["signingSecret"].startswith("whsec_")
        shop, path = {"Authorization": f"Bearer {retailer['key']}"}, f"/retailers/{retailer['uuid']}"

        cookies = {
            "sku": "cookies-12",
            "name": "Oat cookies",
            "packSize": 12,
            "unit": "piece",
            "price": "3.49",
            "currency": "EUR",
        }
        answer = await http.put(f"{path}/catalogue", json=[cookies], headers=shop)
        assert answer.status_code == 200

        answer = await http.post("/items", json={"name": "Cookies", "unit": "piece", "level": 12}, headers=user)
        assert answer.status_code == 201
        item = answer.json()["data"]["uuid"]

        jar = {"name": "Cookie jar", "macAddress": "D5:6E:FB:B7:B8:C5", "secret": "my name is tom"}
        answer = await http.post("/devices", json=jar, headers=user)
        assert answer.status_code == 201
        device = answer.json()["data"]
        assert device["deviceKey"]

        pairing = {
            "device": device["uuid"],
            "action": "track",
            "item": item,
            "triggerLevel": 5,
            "order": {"retailer": retailer["uuid"], "sku": "cookies-12", "quantity": 1},
        }
        answer = await http.post("/instructions", json=pairing, headers=user)
        assert answer.status_code == 201
        assert 100_000_000 <= answer.json()["data"]["ref"] <= 999_999_999

        credentials = {
            "mac_address": "D5:6E:FB:B7:B8:C5",
            "device_id": device["deviceId"],
            "secret": "my name is tom",
        }
        answer = await http.post("/v2/level", data=credentials | {"level": "5"})
        assert (answer.status_code, answer.json()) == (201, {"Status": 201, "Message": "Done"})

        async def orders() -> list[Any]:
            pulled = await http.get(f"{path}/orders", headers=shop)
            assert pulled.status_code == 200
            found: list[Any] = pulled.json()["data"]
            return found

        async def looked_at() -> Any:
            return (await http.get(f"/items/{item}", headers=user)).json()["data"]

        (order,) = await eventually(orders, lambda found: len(found) > 0)
        assert [(line["sku"], line["packs"], line["packSize"]) for line in order["lines"]] == [("cookies-12", 1, 12)]
        for level in (5, 4, 3, 5):
            await http.post("/v2/level", data=credentials | {"level": str(level)})
            await eventually(looked_at, partial(_level_is, level))
        assert len(await orders()) == 1

        for step in ("dispatched", "delivered"):  # S53, S63
            answer = await http.post(f"{path}/orders/{order['uuid']}/{step}", json={}, headers=shop)
            assert (answer.status_code, answer.json()["data"]["status"]) == (200, step)
        await eventually(looked_at, partial(_level_is, 5 + 12))


def _level_is(level: float, item: Any) -> bool:
    return bool(item["level"] == level)
