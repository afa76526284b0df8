"""The samples of docs/webhooks.md as programs: each is given a request, as its receiver would get it."""

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from settings import ROOT
from simulator.retailer import ReceivedOrder
from tests.webhooks.parts import SECRET, sent

SAMPLES = dict(re.findall(r"^```(\w+)\n(.*?\n)```$", (ROOT / "docs/webhooks.md").read_text(), re.DOTALL | re.MULTILINE))
CALL = {
    "python": """
import json, sys
said = json.load(sys.stdin)
receive(said["body"].encode(), said["headers"])
""",
    "javascript": """
import { readFileSync } from "node:fs";
const said = JSON.parse(readFileSync(0, "utf8"));
const notice = verify(Buffer.from(said.body), said.headers);
console.log(notice.type, notice.data.sentence);
""",
}
ENDING = {"python": "py", "javascript": "mjs"}
READ = "order.placed Ordered: 1 pack of Crème brûlée from Corner Shop for 3.49 EUR."


async def faults(language: str, command: Sequence[str], folder: Path) -> list[str]:
    """What its sample gets wrong: a notice, the same while the secret is rotated, and one that was forged."""
    request, rotated = await sent(), await sent("whsec_b3RoZXI=", SECRET)
    forged = request.body.replace(b"3.49", b"0.49")
    file = folder / f"receiver.{ENDING[language]}"
    file.write_text(SAMPLES[language].replace("whsec_...", SECRET) + CALL[language], encoding="utf-8")
    tries = {
        "a notice": (request, request.body, (READ, 0)),
        "a notice while the secret is rotated": (rotated, rotated.body, (READ, 0)),
        "a forged notice": (request, forged, ("", 1)),
    }
    found = []
    for what, (got, body, wanted) in tries.items():
        ended = _run((*command, str(file)), got, body)
        if (ended.stdout.strip(), ended.returncode) != wanted:
            found.append(f"{what}\nwanted {wanted}, found {ended.stdout!r}, {ended.returncode}\n{ended.stderr}")
    return found


def _run(command: Sequence[str], request: ReceivedOrder, body: bytes) -> subprocess.CompletedProcess[str]:
    given = json.dumps({"headers": dict(request.headers), "body": body.decode()})
    return subprocess.run(command, input=given, capture_output=True, encoding="utf-8", check=False, timeout=60)
