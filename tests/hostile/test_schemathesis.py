"""Generated requests against every operation, each answer checked against the document (`gate.toml` says how).

The short form is part of the tests. HOSTILE_LONG=1 runs the long one on both databases: more than 25,000 requests.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import anyio.to_thread
import pytest

from settings import Settings
from tests.api.conftest import NOBODY_LISTENS
from tests.api.direct import Home, a_home
from tests.api.operations import operations
from tests.api.server import SANDBOX_HOST
from tests.databases import KINDS, fresh_database
from tests.hostile.stage import Stage

ROOT = Path(__file__).parents[2]
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
LONG = os.environ.get("HOSTILE_LONG") == "1"
SEED = "20261121"
EXAMPLES = 150 if LONG else 6  # for each operation; the other phases have as many as it takes
# coverage walks along the borders of every field, which takes its time
PHASES = "examples,coverage,fuzzing" if LONG else "examples,fuzzing"
AT_LEAST = 6_250 if LONG else 300


@pytest.fixture(params=KINDS if LONG else ["sqlite"])
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """An application of its own, for so much is guessed wrong here that nobody could log in afterwards."""
    with fresh_database(request.param, tmp_path) as url:
        settings = Settings(home=tmp_path, database_url=url, temporal_port=NOBODY_LISTENS, sandbox_host=SANDBOX_HOST)
        async with a_home(settings) as running:
            yield running


async def described(stage: Stage, *, with_credentials: bool) -> str:
    """What `gate_hooks` reads."""
    every = list(operations(stage.home))
    rightful = {operation.document["operationId"]: await stage.who_may(operation) for operation in every}
    tokens = {name: caller.token for name, caller in rightful.items() if caller.token}
    headers = {operation.path: stage.headers(operation) for operation in every}
    told = {"tokens": tokens, "headers": headers} if with_credentials else {"tokens": {}, "headers": {}}
    return json.dumps(told | {"ids": dict(stage.ids), "secrets": stage.secrets})


@pytest.mark.parametrize("with_credentials", [True, False], ids=["with credentials", "without"])
async def test_every_answer_is_one_that_the_document_promises(
    stage: Stage, with_credentials: bool, tmp_path: Path
) -> None:
    description = tmp_path / "stage.json"
    description.write_text(await described(stage, with_credentials=with_credentials))
    command = [
        *(str(SCHEMATHESIS), "--config-file", str(Path(__file__).with_name("gate.toml"))),
        *("run", f"{stage.home.http.base_url}/schema/openapi.json", "--phases", PHASES),
        *("--seed", SEED, "--max-examples", str(EXAMPLES), "--no-color"),
    ]
    environment = os.environ | {"HOSTILE_STAGE": str(description), "PYTHONPATH": str(ROOT)}
    run = partial(subprocess.run, command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    done = await anyio.to_thread.run_sync(run)
    sys.stdout.write(done.stdout)  # pytest -rP shows it
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated is not None
    assert int(generated[1]) >= AT_LEAST, done.stdout
