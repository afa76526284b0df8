"""What all tests share."""

import os
from pathlib import Path

import pytest

from tests.databases import database_url, db

__all__ = ["anyio_backend", "database_url", "db"]

CHAOS_PAGE = """# What the crash tests survived

The last whole run of `make chaos`, which writes this page. Each scenario runs the real processes, kills or hinders
them, and checks the invariants I1-I7 afterwards; [crashes.md](crashes.md) says what is durable at each point."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the scenarios of tests/chaos have survived, a line each; also into the file that CHAOS_SUMMARY names."""
    rows = [
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in getattr(report, "user_properties", ())
        if name == "chaos" and report.when == "call"
    ]
    if not rows:
        return
    line = "{story} ({database}): {kills} kills, {orders} orders, {lost} lost, {doubled} doubled, {seconds} s"
    lines = sorted(line.format(**row) for row in rows)
    kills, orders, lost, doubled = (
        sum(row[figure] for row in rows) for figure in ("kills", "orders", "lost", "doubled")
    )
    lines.append(f"{len(rows)} scenarios, {kills} kills, {orders} orders, {lost} lost, {doubled} doubled")
    terminalreporter.section("kills, lost, doubled")
    for text in lines:
        terminalreporter.write_line(text)
    if summary := os.environ.get("CHAOS_SUMMARY"):
        Path(summary).write_text("\n".join([CHAOS_PAGE, "", "```text", *lines, "```", ""]))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as Larder does."""
    return "asyncio"
