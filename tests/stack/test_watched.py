"""What an operator sees of a running stack: metrics, log lines with ids, and traces where a collector is named."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from settings import ROOT
from simulator.family import Family, a_family, eventually, ok
from simulator.retailer import ScriptedRetailer
from tests.stack.collector import Collector, collecting
from tests.stack.parts import LARDER, Stack, free_ports, running
from tests.stack.test_restore import the_town
from tests.webhooks.parts import Receiver

UP = (*LARDER, "up")
SECRET = "my name is tom"
IN_THE_ADDRESS = "what-opens-the-hook"


@dataclass(frozen=True)
class Watched:
    """A stack with a story behind it."""

    stack: Stack
    family: Family
    collector: Collector
    metrics_port: int
    item: str
    order: str
    device: str

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every line that its processes have logged."""
        return [json.loads(line) for line in self.stack.output.splitlines() if line.startswith("{")]

    def metrics(self, port: int) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Every sample by its name and labels."""
        families = text_string_to_metric_families(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}

    @property
    def of_the_api(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        return self.metrics(self.metrics_port)

    @property
    def of_the_worker(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        return self.metrics(self.metrics_port + 1)


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> AsyncIterator[Watched]:
    """A jar has reported five, one stranger has guessed, and the order was delivered."""
    home: Path = tmp_path_factory.mktemp("watched")
    metrics_port, _ = free_ports()
    more = {
        "LARDER_ALLOW_NETS": "127.0.0.0/8",
        "LARDER_METRICS_PORT": str(metrics_port),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    async with ScriptedRetailer() as retailer, Receiver() as receiver:
        with running(UP, home, more=more) as stack:
            async with the_town(stack) as town:
                family = await a_family(town)
                shop = await family.shop(ordersUrl=retailer.url)
                await family.post("/webhooks", url=f"{receiver.url}?token={IN_THE_ADDRESS}", kinds=["order.placed"])
                item, jar = await family.item(level=12), await family.jar()
                order = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": 1}
                await family.post(
                    "/instructions", device=jar.uuid, action="track", item=item, triggerLevel=5, order=order
                )
                assert (await jar.level(level=5)).status_code == 201
                (placed,) = await eventually(family.orders, lambda found: [o["status"] for o in found] == ["placed"])
                ok(await shop.report("delivered", placed))
                await family.level_is(item, 17)
                await receiver.wait_for_requests(1)
                await town.http.get("/who/knows/1234", params={"token": SECRET})
                jar.form["secret"] = "wrong"
                assert (await jar.level(level=1)).status_code == 401
                yield Watched(stack, family, collector, metrics_port, item, placed["uuid"], jar.uuid)


def labels(**given: str) -> frozenset[tuple[str, str]]:
    return frozenset(given.items())


async def test_requests_are_counted_and_timed_by_operation_and_status(watched: Watched) -> None:
    metrics = watched.of_the_api
    assert metrics["larder_http_requests_total", labels(operation="LevelV2", status="201")] == 1
    assert metrics["larder_http_requests_total", labels(operation="LevelV2", status="401")] == 1
    assert metrics["larder_http_requests_total", labels(operation="unknown", status="404")] >= 1
    assert metrics["larder_http_request_duration_seconds_count", labels(operation="LevelV2")] == 2
    assert metrics["larder_http_request_duration_seconds_bucket", labels(operation="LevelV2", le="10")] == 2


async def test_facts_orders_and_attempts_are_counted_and_settles_timed(watched: Watched) -> None:
    metrics = watched.of_the_worker
    assert metrics["larder_facts_total", labels()] >= 2
    for state in ("placed", "delivered"):
        assert metrics["larder_order_states_total", labels(state=state)] >= 1
    assert metrics["larder_placing_attempts_total", labels(outcome="booked")] >= 1
    assert metrics["larder_webhook_attempts_total", labels(code="204")] >= 1
    timed = "temporal_local_activity_execution_latency_seconds_count"
    settles = [
        value for (name, given), value in metrics.items() if name == timed and ("activity_type", "settle") in given
    ]
    assert sum(settles) >= 2


async def test_the_operators_page_names_every_metric_of_ours(watched: Watched) -> None:
    parts = re.compile(r"_(bucket|count|sum)$")
    exported = {parts.sub("", name) for port in (watched.of_the_api, watched.of_the_worker) for name, _ in port}
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE))
    ours = {name for name in exported if name.startswith("larder_")}
    assert ours == {name for name in named if name.startswith("larder_")}
    never_so_far = {"temporal_workflow_task_execution_failed_total", "temporal_request_failure_total"}
    assert named - ours - never_so_far <= exported


async def test_no_label_names_a_person_a_thing_or_a_secret(watched: Watched) -> None:
    for metrics in (watched.of_the_api, watched.of_the_worker):
        values = {value for _, given in metrics for _, value in given}
        for secret in (watched.item, watched.order, watched.device, SECRET, IN_THE_ADDRESS, "1234", "@example.com"):
            assert not any(secret in value for value in values)


async def test_metrics_are_for_this_machine_alone(watched: Watched) -> None:
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"http://127.0.0.1:{watched.stack.port}/metrics")).status_code == 404
        with pytest.raises(httpx.TransportError):
            await http.get(f"http://127.0.0.2:{watched.metrics_port}/metrics")


async def test_a_line_of_the_log_names_request_device_and_workflow(watched: Watched) -> None:
    (line,) = [line for line in watched.log if line.get("route") == "/v2/level" and line["status"] == 201]
    assert line["device"] == watched.device
    assert line["workflow_id"] == f"item:{watched.item}"
    assert len(line["request_id"]) == 32
    (callback,) = [line for line in watched.log if str(line.get("route")).endswith("/delivered")]
    assert callback["workflow_id"] == f"order:{watched.order}"
    assert callback["caller"].startswith("retailer:")
    stranger, *_ = [line for line in watched.log if line.get("route") == "unknown"]
    assert IN_THE_ADDRESS not in watched.stack.output
    assert (stranger["caller"], "workflow_id" in stranger, "device" in stranger) == ("nobody", False, False)


async def test_a_trace_goes_from_the_call_to_the_retailer(watched: Watched) -> None:
    """An item's workflow belongs to the trace that started it, what it is told later to the teller's."""
    wanted = {
        ("larder-api", "POST /items"),
        ("larder-worker", "RunWorkflow:ItemWorkflow"),
        ("larder-worker", "RunActivity:settle"),
        ("larder-worker", "RunActivity:place"),
    }
    told = {("larder-api", "POST /v2/level"), ("larder-api", "SignalWorkflow:report")}

    async def missing() -> set[tuple[str, str]]:
        traced = watched.collector.trace_with("POST /items") | watched.collector.trace_with("POST /v2/level")
        return (wanted | told) - traced

    await eventually(missing, lambda found: not found)


async def test_no_span_tells_an_address_or_a_secret(watched: Watched) -> None:
    for _, span in watched.collector.spans:
        text = str(span)
        assert SECRET not in text
        assert IN_THE_ADDRESS not in text
        assert "1234" not in span.name
        assert not (span.name.startswith(("GET ", "POST ", "PUT ")) and watched.item in text)
