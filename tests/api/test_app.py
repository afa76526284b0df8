"""The application as it is served: opened by itself, ended by a signal."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from api.app import create_app
from settings import Settings
from tests.api.server import listening

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import asyncio
from api.app import serve
from settings import Settings
asyncio.run(serve(Settings.from_environment()))
"""


def a_free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def served(home: Path, port: int, **more: str) -> subprocess.Popen[str]:
    """A process that serves there, with nothing else around it: neither a database nor Temporal."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LARDER_", "TEMPORAL_"))}
    environment |= {"LARDER_HOME": str(home), "LARDER_PORT": str(port), **more}
    return subprocess.Popen([sys.executable, "-c", SERVE], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


async def until_it_answers(url: str, process: subprocess.Popen[str]) -> None:
    """Wait for the first answer."""
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(20):
        while True:
            assert process.poll() is None, process.communicate()[1]
            try:
                await http.get(url)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_the_application_opens_its_parts_itself(api_settings: Settings) -> None:
    async with listening(create_app(api_settings)) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        checks = (await http.get("/readyz")).json()["checks"]
        assert (checks["database"], checks["migrations"]) == ("ok", "ok")


async def test_a_signal_ends_the_server_and_the_log_is_json(tmp_path: Path) -> None:
    port = a_free_port()
    process = served(tmp_path, port)
    try:
        await until_it_answers(f"http://127.0.0.1:{port}/healthz?token=canary-7f3a", process)
        process.send_signal(signal.SIGTERM)
        _, log = await asyncio.to_thread(process.communicate, timeout=15)
    finally:
        process.kill()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [line["route"] for line in lines if line["event"] == "request"] == ["/healthz"]
    assert "canary-7f3a" not in log
    assert "Finished server process" in log


async def test_a_setting_that_cannot_be_understood_fails_the_start(tmp_path: Path) -> None:
    process = served(tmp_path, a_free_port(), TEMPORAL_NAMESPACE="without an address")
    try:
        _, log = await asyncio.to_thread(process.communicate, timeout=20)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "TEMPORAL_ADDRESS" in log
