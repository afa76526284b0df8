"""The samples of docs/webhooks.md believe what Larder sends, and nothing else."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from settings import ROOT
from simulator.retailer import ReceivedOrder
from tests.webhooks.parts import SECRET
from tests.webhooks.test_sender import sent

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
COMMANDS = {"python": (sys.executable, "py"), "javascript": ("node", "mjs")}


def run(language: str, folder: Path, request: ReceivedOrder, body: bytes) -> subprocess.CompletedProcess[str]:
    """The sample, given that request with that body."""
    program, ending = COMMANDS[language]
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed; .ci/run installs it")
    file = folder / f"sample.{ending}"
    file.write_text(SAMPLES[language].replace("whsec_...", SECRET) + CALL[language])
    given = json.dumps({"headers": dict(request.headers), "body": body.decode()})
    return subprocess.run([found, file], input=given, capture_output=True, encoding="utf-8", check=False, timeout=60)


@pytest.mark.parametrize("language", CALL)
async def test_a_sample_reads_a_notice_and_refuses_a_forged_one(language: str, tmp_path: Path) -> None:
    request = await sent()
    good = run(language, tmp_path, request, request.body)
    assert good.stdout.strip() == "order.placed Ordered: 1 pack of Crème brûlée from Corner Shop for 3.49 EUR."
    forged = run(language, tmp_path, request, request.body.replace(b"3.49", b"0.49"))
    assert (forged.stdout, forged.returncode) == ("", 1)


async def test_while_the_secret_is_rotated_the_samples_read_on(tmp_path: Path) -> None:
    request = await sent("whsec_b3RoZXI=", SECRET)
    for language in CALL:
        assert run(language, tmp_path, request, request.body).returncode == 0
