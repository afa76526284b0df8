"""A running Larder as its rules are seen over HTTP, by a token that nothing here ever prints."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from domain.errors import LarderError, NotFound, Unavailable

PATIENCE = timedelta(seconds=30)
LONG_PATIENCE = timedelta(minutes=5)
TRIALS = "/rules/backtest"
LINES = "application/x-ndjson"
SVG = "image/svg+xml"


class Refused(LarderError):
    """Larder's answer to something that it does not take; `fields` names the faults by their places.

    The message has a line for each of them.
    """

    def __init__(self, message: str, fields: dict[str, list[str]]) -> None:
        super().__init__("\n".join(f"{place}: {' '.join(texts)}" for place, texts in fields.items()) or message)
        self.fields = fields


class RunningLarder:
    """One Larder at one address, for one account."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE.total_seconds(),
            trust_env=False,
        )

    def __enter__(self) -> "RunningLarder":
        """For as long as the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._http.close()

    def all(self, path: str) -> Iterator[dict[str, Any]]:
        """Every entry of a list, page by page."""
        query: dict[str, Any] = {"limit": 100}
        while True:
            answer = self.call("GET", path, params=query)
            yield from answer["data"]
            if answer["nextCursor"] is None:
                return
            query["cursor"] = answer["nextCursor"]

    def call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """One call; raises Refused, or Unavailable where nobody answers."""
        if method == "POST":
            request["headers"] = {"Idempotency-Key": str(uuid4()), **request.get("headers", {})}
        answer: dict[str, Any] = self._answered(lambda: self._http.request(method, path, **request)).json()
        return answer

    def drawn(self, body: dict[str, Any]) -> str:
        """The picture of a trial."""
        patience = LONG_PATIENCE.total_seconds()
        return self._answered(
            lambda: self._http.post(TRIALS, json=body, headers={"Accept": SVG}, timeout=patience)
        ).text

    def tried(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """How far a trial is, and at last its result; raises Refused."""
        headers, patience = {"Accept": LINES}, LONG_PATIENCE.total_seconds()
        try:
            with self._http.stream("POST", TRIALS, json=body, headers=headers, timeout=patience) as answer:
                if not answer.is_success:
                    answer.read()
                    self._check(answer)
                for line in answer.iter_lines():
                    said = json.loads(line)
                    if "status" in said:
                        raise Refused(said["message"], {})
                    yield said
        except httpx.TransportError as away:
            raise self._away(away) from None

    def _answered(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        try:
            answer = ask()
        except httpx.TransportError as away:
            raise self._away(away) from None
        self._check(answer)
        return answer

    def _away(self, away: httpx.TransportError) -> Unavailable:
        return Unavailable(f"Larder at {self._url} does not answer ({type(away).__name__}).")

    def _check(self, answer: httpx.Response) -> None:
        if answer.is_success:
            return
        try:
            said = answer.json()
            message, fields = str(said["message"]), dict(said.get("data") or {})
        except (ValueError, KeyError, TypeError):
            raise Unavailable(f"What answers at {self._url} is no Larder ({answer.status_code}).") from None
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise Unavailable(message)
        raise Refused(message, fields)


class Names:
    """What the file calls something, by name or uuid, and which one that is; each list is read when first asked."""

    def __init__(self, larder: RunningLarder) -> None:
        self._larder = larder
        self._lists: dict[str, list[dict[str, Any]]] = {}

    def items(self) -> list[dict[str, Any]]:
        """All items of the account."""
        return self._list("items")

    def uuid(self, what: str, name: str) -> UUID:
        """Of an item, a product or a retailer; raises NotFound, also where two have the name."""
        plural = {"item": "items", "group": "items", "product": "products", "retailer": "retailers"}[what]
        rows = [row for row in self._list(plural) if what != "group" or row["isGroup"]]
        found = [row["uuid"] for row in rows if row["uuid"] == name.lower()]
        found = found or [row["uuid"] for row in rows if row["name"].casefold() == name.casefold()]
        if len(found) > 1:
            raise NotFound(f"There are {len(found)} {plural} called {name}: name the one by its uuid.")
        if not found:
            raise NotFound(f"There is no {what} called {name}.")
        return UUID(found[0])

    def name(self, what: str, uuid: str) -> str:
        """What it is called, or its uuid where nobody knows."""
        plural = {"item": "items", "product": "products", "retailer": "retailers"}[what]
        return next((row["name"] for row in self._list(plural) if row["uuid"] == uuid), uuid)

    def _list(self, plural: str) -> list[dict[str, Any]]:
        if plural not in self._lists:
            self._lists[plural] = list(self._larder.all(f"/{plural}"))
        return self._lists[plural]
