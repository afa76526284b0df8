"""Stored histories: a JSON file for each run of a workflow, as Temporal gives it, but for what only names a machine."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

FOLDER = Path(__file__).with_name("histories")
_OF_THE_MACHINE = {"identity", "stackTrace"}


@dataclass(frozen=True)
class Stored:
    """One run of a workflow; `document` is Temporal's JSON of its history."""

    name: str
    document: dict[str, Any]

    @property
    def started(self) -> dict[str, Any]:
        """The attributes of its first event."""
        attributes: dict[str, Any] = self.document["events"][0]["workflowExecutionStartedEventAttributes"]
        return attributes

    @property
    def workflow_type(self) -> str:
        """The name of its workflow."""
        return str(self.started["workflowType"]["name"])

    @property
    def event_types(self) -> set[str]:
        """What happened in it: `TIMER_FIRED`."""
        return {event["eventType"].removeprefix("EVENT_TYPE_") for event in self.document["events"]}

    @property
    def text(self) -> str:
        """Everything in it, payloads decoded."""
        return "\n".join(_texts(self.document))

    def history(self) -> WorkflowHistory:
        """What a Replayer takes."""
        return WorkflowHistory.from_json(self.started["workflowId"], self.document)

    def save(self) -> None:
        """Write the file."""
        document = json.dumps(self.document, indent=1, ensure_ascii=False)
        (FOLDER / f"{self.name}.json").write_text(f"{document}\n", encoding="utf-8")


def of_history(name: str, history: WorkflowHistory) -> Stored:
    """The run as it is stored."""
    return Stored(name, _without_the_machine(history.to_json_dict()))


def all_stored() -> list[Stored]:
    """Every file, by name."""
    return [Stored(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.json"))]


def _without_the_machine(found: Any) -> Any:
    match found:
        case {"name": str(), "normalName": name}:  # a queue of one worker, called after its machine
            return found | {"name": name}
        case dict():
            return {key: _without_the_machine(value) for key, value in found.items() if key not in _OF_THE_MACHINE}
        case list():
            return [_without_the_machine(value) for value in found]
    return found


def _texts(found: Any) -> Iterator[str]:
    match found:
        case {"metadata": dict(), "data": str(data)}:
            yield base64.b64decode(data).decode()
        case dict():
            for value in found.values():
                yield from _texts(value)
        case list():
            for value in found:
                yield from _texts(value)
        case str():
            yield found
