"""What may happen to a jar, for Hypothesis to put together."""

import os
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.model.jar import Jar

LONG = "MODEL_LONG" in os.environ
STEPS = 50


@dataclass(frozen=True)
class Step:
    """One of the jar's methods by name, with its number if it takes one."""

    name: str
    units: int | None = None

    def on(self, jar: Jar) -> None:
        """Let it happen to the model."""
        happening = getattr(jar, self.name)
        happening() if self.units is None else happening(self.units)


NUMBERS = {
    "count": st.integers(0, 20),
    "device": st.integers(0, 20),
    "use": st.integers(1, 8),
    "add": st.integers(1, 15),
}
WORDS = ("press", "deliver", "deliver", "reject", "cancel")
REPORTS = [st.builds(Step, st.just(name), units) for name, units in NUMBERS.items()]
SAID = st.builds(Step, st.sampled_from(WORDS))
WAITS = st.builds(Step, st.just("wait"), st.sampled_from((30, 600, 24 * 60, 30 * 60, 100 * 60)))

LIVES = st.lists(st.one_of(*REPORTS, SAID, WAITS), min_size=STEPS // 2, max_size=STEPS)
LIVES_WITHOUT_CLOCKS = st.lists(
    st.one_of(*REPORTS, SAID, st.just(Step("restart"))), min_size=STEPS // 2, max_size=STEPS
)


def happens(step: Step, jar: Jar) -> bool:
    """Only an open order can be delivered, rejected or cancelled."""
    return step.name not in ("deliver", "reject", "cancel") or jar.is_open
