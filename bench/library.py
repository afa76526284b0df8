"""The forecasts of a library made for intermittent demand (statsforecast): on each day from all days before."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy
from statsforecast.models import ADIDA, IMAPA, TSB, CrostonClassic, CrostonOptimized, CrostonSBA

_ALPHAS = (0.02, 0.1, 0.3)

_PLAIN: dict[str, Callable[[], Any]] = {
    "Croston": CrostonClassic,
    "Croston, optimized": CrostonOptimized,
    "SBA": CrostonSBA,
    "ADIDA": ADIDA,
    "IMAPA": IMAPA,
}
METHODS: Mapping[str, Callable[[], Any]] = _PLAIN | {
    f"TSB {demand:g}/{probability:g}": partial(TSB, demand, probability)
    for demand, probability in product(_ALPHAS, repeat=2)
}


class Forecasts(NamedTuple):
    """The use of a day as expected on the evening of each of the days, and the usual error of that so far."""

    means: list[float]
    errors: list[float]


def forecasts(method: str, use: Sequence[int], days: range, warm_up: int = 60) -> Forecasts:
    """Fitted anew on every evening, to what was recorded until then; errors from the end of the warm-up on."""
    model = METHODS[method]()
    recorded = numpy.asarray(use, dtype=numpy.float32)
    found = Forecasts([], [])
    squares, count, mean = 0.0, 0, math.nan
    for day in range(warm_up, days.stop):
        if count or day > warm_up:
            squares += (use[day] - mean) ** 2
            count += 1
        mean = max(float(model.forecast(y=recorded[: day + 1], h=1)["mean"][0]), 0.0)
        if day >= days.start:
            found.means.append(mean)
            found.errors.append(math.sqrt(squares / max(count, 1)))
    return found
