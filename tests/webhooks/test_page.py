"""The sample of docs/webhooks.md believes Larder and nobody else; `make docs-check` asks the one in JavaScript."""

import sys
from pathlib import Path

import pytest

from tests.webhooks import page


async def test_the_sample_in_python_reads_notices_and_refuses_a_forged_one(tmp_path: Path) -> None:
    assert await page.faults("python", [sys.executable], tmp_path) == []


async def test_a_sample_that_believes_everything_or_nothing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(page.SAMPLES, "python", "def receive(body, headers): print('order.placed')")
    assert [fault.partition("\n")[0] for fault in await page.faults("python", [sys.executable], tmp_path)] == [
        "a notice",
        "a notice while the secret is rotated",
        "a forged notice",
    ]
