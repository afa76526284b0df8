"""What docs/devices.md promises to those who build a device from a microcontroller (S13)."""

import asyncio
import json
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from settings import ROOT
from tests.api.direct import Household

PAGE = (ROOT / "docs" / "devices.md").read_text(encoding="utf-8")


async def test_one_post_with_the_fewest_bytes_of_http_is_enough(household: Household) -> None:
    item = await household.item()
    await household.tracking(item)
    body = urlencode(household.form | {"level": "5"})
    request = (
        "POST /v2/level HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    url = household.home.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(request.encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    assert answer.partition("\r\n")[0].split()[1] == "201"
    assert answer.endswith('{"Status": 201, "Message": "Done"}')
    assert household.told(item)[0].quantity == 5


async def test_a_device_without_a_clock_counts_seconds_since_its_start(household: Household) -> None:
    item = await household.item()
    await household.tracking(item)
    found = re.search(r"at=(\S+) +sent_at=(\S+)", PAGE)
    assert found is not None
    answer = await household.v2(data=household.form | {"level": "5", "at": found[1], "sent_at": found[2]})
    assert answer.status_code == 201
    (fact,) = household.told(item)
    assert fact.received_at is not None
    assert fact.observed_at == fact.received_at - timedelta(seconds=400)


@pytest.mark.parametrize("path", ["level", "trigger"])
async def test_headers_with_dashes_do_what_those_with_underscores_do(household: Household, path: str) -> None:
    await household.tracking(await household.item())
    button = await household.button()
    data = {"level": "5"} if path == "level" else {}
    dashed = {name.replace("_", "-"): value for name, value in household.form.items()}
    assert (await household.v2(f"/v2/{path}", headers=dashed, data=data)).status_code == 201
    key = {"Device-Key": str(household.device.token)}
    ref = {} if path == "level" else {"Instruction-Ref": str(button["ref"])}
    answer = await household.home.http.post(f"/v1/{path}", headers=key | ref, data=data)
    assert (answer.status_code, answer.json()[0]["Status"]) == (201, "Done")


async def test_the_sketchs_body_is_understood(household: Household) -> None:
    item = await household.item()
    await household.tracking(item)
    sketch = PAGE.partition("snprintf")[2].partition("level, boot")[0]
    written = re.findall(r'^ +"((?:\\.|[^"\\])*)"', sketch, re.MULTILINE)
    body = "".join(written).replace('\\"', '"').replace("%d", "5").replace("%lu", "1")
    answer = await household.v2(json=json.loads(body) | household.form)
    assert answer.status_code == 201, answer.text
    assert household.told(item)[0].keyed


def test_the_micropython_program_is_one() -> None:
    program = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert program is not None
    compile(program[1], "devices.md", "exec")
