"""Samples of calls in the API reference: those of the quickstart, so that the two cannot differ (S11)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from litestar.exceptions import ImproperlyConfiguredException
from litestar.openapi.spec import OpenAPI, Operation

PAGE = Path(__file__).parents[1] / "docs" / "quickstart.md"
LANGUAGES = {"shell": "Shell", "python": "Python", "javascript": "JavaScript", "ruby": "Ruby"}

_BLOCK = re.compile(r"^```(\w+)\n(.*?\n)```$", re.DOTALL | re.MULTILINE)
_CALL = re.compile(r"`([A-Z]+) (/\S*)`")


@dataclass(frozen=True)
class Step:
    """A section of the page: a sample in each language, and what all of them print; the first one prepares."""

    title: str
    call: tuple[str, str] | None
    samples: Mapping[str, str]
    prints: str | None


def steps(page: str) -> Iterator[Step]:
    """The sections that have samples, in the order of the page."""
    for section in re.split(r"^##? ", page, flags=re.MULTILINE):
        blocks = dict(_BLOCK.findall(section))
        if blocks.keys() >= LANGUAGES.keys():
            title = section.partition("\n")[0]
            found = _CALL.search(title)
            samples = {language: blocks[language] for language in LANGUAGES}
            yield Step(title, (found[1], found[2]) if found else None, samples, blocks.get("json"))


@dataclass
class Sampled(Operation):
    """An operation with samples, in the field that the page at `/schema` knows."""

    samples: list[dict[str, str]] = field(default_factory=list, metadata={"alias": "x-codeSamples"})


def add_samples(document: OpenAPI) -> None:
    """Put the page's samples beside the operations that they call; an image without the page has none."""
    if not PAGE.exists():
        return
    first, *others = steps(PAGE.read_text(encoding="utf-8"))
    for step in others:
        if step.call is None:
            raise ImproperlyConfiguredException(f"{PAGE.name}: {step.title!r} names no call")
        method, path = step.call
        item = (document.paths or {}).get(path)
        operation = getattr(item, method.lower(), None)
        if not isinstance(operation, Operation):
            raise ImproperlyConfiguredException(f"{PAGE.name}: there is no {method} {path}")
        kept = {each.name: getattr(operation, each.name) for each in fields(operation)}
        samples = [
            {"lang": language, "label": LANGUAGES[language], "source": f"{first.samples[language]}\n{sample}"}
            for language, sample in step.samples.items()
        ]
        setattr(item, method.lower(), Sampled(**kept, samples=samples))
