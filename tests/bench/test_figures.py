"""What the bench makes of its measurements; never how fast anything is."""

import subprocess
import sys

import pytest

from bench.actions import counted
from bench.figures import Aim, Figure, Pairs, Report, table
from bench.processes import environment
from settings import ROOT
from tests.replay.stored import all_stored


def test_a_ratio_is_the_median_of_the_ratios_of_neighbours() -> None:
    pairs = Pairs()
    for bare, measured in ((100, 90), (10, 8), (1_000, 400)):
        pairs.add(bare, measured)
    figure = pairs.figure("reports", "/s", Aim(0.85))
    assert (figure.measured, figure.bare, figure.ratio) == ("90.0 /s", "100 /s", 0.8)
    assert figure.verdict == "missed"


@pytest.mark.parametrize(
    ("aim", "ratio", "verdict"),
    [(Aim(0.5), 0.5, "met"), (Aim(0.5), 0.49, "missed"), (Aim(1.2, at_most=True), 1.2, "met"), (None, 1.0, "")],
)
def test_an_aim_is_met_or_missed(aim: Aim | None, ratio: float, verdict: str) -> None:
    assert Figure("it", "1", "1", ratio, aim).verdict == verdict


def test_the_table_has_a_row_for_each_figure() -> None:
    report = Report("Rules", [Figure("evaluations", "5 /s", "10 /s", 0.5, Aim(0.5))], ["one note"])
    assert table([report]).splitlines() == [
        "## Rules",
        "",
        "| measure | measured | bare | ratio | aim | |",
        "|---|---|---|---|---|---|",
        "| evaluations | 5 /s | 10 /s | 0.50 | ≥ 0.5 | met |",
        "",
        "- one note",
    ]


def test_the_actions_of_a_history_are_counted() -> None:
    stored = {stored.name: stored for stored in all_stored()}
    actions = counted(stored["order-delivered"].history())
    assert actions["workflow started"] == 1
    assert actions["activity attempt"] >= 2
    assert actions["update"] >= 1


def test_the_command_measures_and_prints() -> None:
    command = (sys.executable, "-m", "bench", "--smoke", "--only", "rules")
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True, timeout=120)
    assert "| rule evaluations with 50 distinct rules |" in done.stdout
