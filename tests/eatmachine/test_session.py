"""The document's typical session, its calls and its fridge's words over HTTP: what is sent is what it prints."""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from tests.api.server import Caller
from tests.eatmachine.conftest import Client
from tests.eatmachine.document import notification

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
ADDRESS = r"[a-z0-9]+@example\.com"
OURS = ["id", "timestamp", "sequence"]


def without_what_differs(shown: Any) -> Any:
    """With one word in place of each uuid, moment and address."""
    text = json.dumps(shown)
    for number, pattern in enumerate((UUID, MOMENT, ADDRESS)):
        text = re.sub(f'"{pattern}"', f'"{number}"', text)
    return json.loads(text)


def check_holds(sent: Any, printed: Any) -> None:
    """Whether what is sent says all that is printed, in that order; the document ends its objects with `...`."""
    if isinstance(printed, Mapping):
        assert [name for name in sent if name in printed] == list(printed)
        for name, value in printed.items():
            check_holds(sent[name], value)
    else:
        assert sent == printed


async def say(fridge: Caller, kind: str, data: Any = None, **command: Any) -> None:
    """The fridge reports something."""
    body = {"type": kind, "data": data} | ({"command": command} if command else {})
    answer = await fridge.post("/fridge/notifications", body)
    assert answer.status_code == 200, answer.text


async def newest(client: Client) -> Any:
    """What was sent last."""
    listed = await client.user.get(f"/fridges/{client.its_own['fridge']}/notifications", limit=1)
    return listed.json()["data"][0]["sent"]


async def check_sent(client: Client, name: str) -> Any:
    """Whether what was sent last is that sample."""
    sent, printed = await newest(client), notification(name)
    assert list(sent) == [*printed, *OURS]
    check_holds(without_what_differs(sent), without_what_differs(printed))
    assert sent["fridge"]["uuid"] == client.its_own["fridge"]
    return sent


async def a_linked_fridge(client: Client) -> Caller:
    """The document's fridge, and the four tags that were in it."""
    client.its_own["fleet"] = (await client.call("fleet")).json()["data"]["uuid"]
    made = (await client.call("fridge")).json()["data"]
    client.its_own["fridge"] = made["uuid"]
    link = await client.http.post("/fridge/link", json={"initKey": made["initKey"]})
    fridge = Caller(client.http, link.json()["data"]["token"])
    inside = notification("inventory")["data"]
    await say(fridge, "inventory", {"epcs": [*inside["epcs"], *inside["removed"]]})
    return fridge


async def given(client: Client, slug: str) -> str:
    """The uuid of a command that was just given, which every notification about it repeats (S95)."""
    made: httpx.Response = await client.user.post(f"/fridges/{client.its_own['fridge']}/commands/{slug}")
    assert made.status_code == 201, made.text
    return str(made.json()["data"]["uuid"])


async def test_a_typical_session_is_told_as_printed(client: Client) -> None:
    """S86, S93, S95, S96, S98, S102, S109 to S115."""
    fridge = await a_linked_fridge(client)
    await say(fridge, "temperature", {"temperature": 5.2})
    command = (await client.call("open")).json()["data"]["uuid"]
    await say(fridge, "ack", uuid=command, status="ack")
    for status in ("unlocked", "opened", "closed"):
        await say(fridge, "door-status", {"status": status}, uuid=command, status=status)
        sent = await check_sent(client, f"session-{status}")
        assert sent["command"]["uuid"] == command
    scan = notification("session-inventory")
    told = {"uuid": command, "status": "success", "video": scan["command"]["video"]}
    await say(fridge, "inventory", scan["data"], **told)
    await check_sent(client, "session-inventory")
    inside = (await client.user.get(f"/fridges/{client.its_own['fridge']}/inventory")).json()["data"]
    assert [tag["epc"] for tag in inside] == sorted(scan["data"]["epcs"])
    (ended,) = (await client.user.get(f"/fridges/{client.its_own['fridge']}/sessions")).json()["data"]
    assert (ended["command"], ended["status"], ended["removed"]) == (command, "inventory", scan["data"]["removed"])
    assert ended["outcome"]


async def test_other_commands_are_told_as_printed(client: Client) -> None:
    """S88, S92, S95, S97, S105, S108."""
    fridge = await a_linked_fridge(client)
    await say(fridge, "heartbeat")
    await check_sent(client, "heartbeat")
    command = await given(client, "temperature")
    await say(fridge, "ack", uuid=command, status="ack")
    await check_sent(client, "ack")
    await say(fridge, "temperature", notification("temperature")["data"], uuid=command, status="success")
    sent = await check_sent(client, "temperature")
    assert sent["command"]["uuid"] == command
