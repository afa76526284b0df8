"""`larder up` as such: a real Temporal server, stand-ins for the worker, the API and the migration."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.stack.parts import WITH_STAND_INS, Stack, environment, eventually, free_ports, is_alive, run, running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One that outlives what the tests do to it."""
    with running(WITH_STAND_INS, tmp_path_factory.mktemp("stack")) as stack:
        yield stack


def test_it_says_where_everything_is_and_answers_there(stack: Stack) -> None:
    for address in (f"http://127.0.0.1:{stack.port}/readyz", f"http://127.0.0.1:{stack.temporal_port + 1000}"):
        assert address in stack.output
        assert httpx.get(address).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_order_and_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with running(WITH_STAND_INS, tmp_path / "home") as stack:
        stack.send(number)
        assert stack.ended() == 0
        assert stack.leaves_nothing()
    assert (stack.home / "ended").read_text().split() == ["api", "worker"]
    assert "Traceback" not in stack.output


def test_it_leaves_no_process_when_it_is_stopped_while_it_starts(tmp_path: Path) -> None:
    stack = Stack(WITH_STAND_INS, tmp_path / "home")
    eventually((stack.home / "temporal.log").exists)
    stack.send(signal.SIGHUP)
    assert stack.ended() == 0
    assert stack.leaves_nothing()
    assert "Traceback" not in stack.output


def test_a_killed_supervisor_leaves_no_process_and_the_next_start_waits_for_the_last_one(tmp_path: Path) -> None:
    with running(WITH_STAND_INS, tmp_path / "home") as stack:
        stack.send(signal.SIGKILL)
        stack.ended()
        with running(WITH_STAND_INS, stack.home, (stack.port, stack.temporal_port)) as again:
            assert again.ready()


@pytest.mark.parametrize(("verb", "name"), [("worker", "The worker"), ("api", "The API")])
def test_a_killed_process_is_started_again(stack: Stack, verb: str, name: str) -> None:
    first = stack.process(verb)
    os.kill(first, signal.SIGKILL)
    eventually(lambda: stack.process(verb) != first)
    assert f"{name} was killed by SIGKILL; starting it again in 0.25 s." in stack.output
    eventually(lambda: is_alive(stack.process(verb)))


def test_a_killed_leash_takes_its_process_along_and_both_start_again(stack: Stack) -> None:
    first = stack.process("worker")
    os.kill(stack.leash("worker"), signal.SIGKILL)
    eventually(lambda: not is_alive(first))
    eventually(lambda: stack.process("worker") != first)


def test_a_process_that_fails_whenever_it_starts_ends_everything_with_a_sentence(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "worker-fails").touch()
    stack = Stack(WITH_STAND_INS, home)
    assert stack.ended() == 1
    assert stack.leaves_nothing()
    assert stack.output.splitlines()[-1] == (
        "The worker ended with exit code 7 5 times as soon as it started. "
        "Next: read what it said above, and run larder doctor."
    )


def test_a_failed_migration_starts_nothing_else(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "migrate-fails").touch()
    stack = Stack(WITH_STAND_INS, home)
    assert stack.ended() == 7
    assert stack.leaves_nothing()
    assert not (home / "worker.pid").exists()


def test_a_second_start_on_the_same_folder_is_refused(stack: Stack) -> None:
    port, temporal_port = free_ports()
    second = run(WITH_STAND_INS, environment(stack.home, port=port, temporal_port=temporal_port))
    assert second.returncode == 3
    assert second.stderr.startswith(f"Larder already runs on {stack.home} (process ")
    assert second.stderr.count("\n") == 1


def test_two_stacks_run_side_by_side(stack: Stack, tmp_path: Path) -> None:
    with running(WITH_STAND_INS, tmp_path / "other") as other:
        assert {stack.port, stack.temporal_port}.isdisjoint({other.port, other.temporal_port})
        assert stack.exit_code is None


@pytest.mark.parametrize("busy", ["the API", "Temporal", "Temporal's UI"])
def test_a_busy_port_is_one_sentence_with_the_next_step(tmp_path: Path, busy: str) -> None:
    port, temporal_port = free_ports()
    taken = {"the API": port, "Temporal": temporal_port, "Temporal's UI": temporal_port + 1000}[busy]
    with socket.create_server(("127.0.0.1", taken)):
        answer = run(WITH_STAND_INS, environment(tmp_path / "home", port=port, temporal_port=temporal_port))
    assert answer.returncode == 3
    assert answer.stderr.startswith(f"Port {taken} on 127.0.0.1, which {busy} needs, is in use by another program.")
    assert "Next: " in answer.stderr
    assert answer.stderr.count("\n") == 1
