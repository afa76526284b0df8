"""What operators see of the activities: counted for `/metrics`, and named in every line that is logged meanwhile."""

from collections.abc import Callable
from typing import Any

import structlog
from temporalio import activity
from temporalio.common import MetricMeter
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.process import OrderUpdate, Placing, Settle
from domain.webhooks import Attempted

Count = Callable[[Any, object], None]
"""Given what went into an activity and what came out of it, be it an error."""


class Measured(Interceptor):
    """Goes around every activity of a worker.

    What is counted has happened at least so often: an activity whose worker died at its end runs, and counts, again.
    """

    def __init__(self, meter: MetricMeter) -> None:
        self._counters = _Counters(meter)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """The next one, with us around it."""
        return _Around(next, self._counters)


class _Around(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, counters: "_Counters") -> None:
        super().__init__(following)
        self._counters = counters

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = activity.info()
        ids = {"workflow_id": info.workflow_id, "activity_type": info.activity_type, "attempt": info.attempt}
        with structlog.contextvars.bound_contextvars(**ids):
            count = self._counters.of(info.activity_type)
            try:
                result = await super().execute_activity(input)
            except ApplicationError as failure:
                count(input.args[0], failure)
                raise
            count(input.args[0], result)
            return result


class _Counters:
    def __init__(self, meter: MetricMeter) -> None:
        self._facts = meter.create_counter("larder_facts", "Facts settled, repeats included.")
        self._states = meter.create_counter("larder_order_states", "Orders that came into a state.")
        self._attempts = meter.create_counter("larder_placing_attempts", "Attempts to hand an order to its retailer.")
        self._deliveries = meter.create_counter("larder_webhook_attempts", "Attempts to tell a webhook something.")
        self._by_activity: dict[str, Count] = {
            "settle": self._settled,
            "record": self._recorded,
            "place": self._placed,
            "deliver": self._delivered,
        }

    def of(self, activity_type: str) -> Count:
        return self._by_activity.get(activity_type, _nothing)

    def _settled(self, batch: Settle, result: object) -> None:
        if not isinstance(result, ApplicationError):
            self._facts.add(len(batch.arrivals))

    def _recorded(self, change: OrderUpdate, result: object) -> None:
        if not isinstance(result, ApplicationError):
            self._states.add(1, {"state": str(change.progress.state)})

    def _placed(self, _: object, result: object) -> None:
        match result:
            case Placing(pulled=True):
                return
            case Placing(placed=True):
                outcome = "booked"
            case Placing(unknown=True):
                outcome = "unknown"
            case Placing():
                outcome = "refused"
            case _:
                outcome = "later"
        self._attempts.add(1, {"outcome": outcome})

    def _delivered(self, _: object, result: object) -> None:
        if isinstance(result, Attempted):
            self._deliveries.add(1, {"code": str(result.status or "none")})


def _nothing(*_: object) -> None:
    """Not every activity is counted by us; the SDK times them all."""
