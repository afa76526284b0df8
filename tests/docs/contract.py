"""Which tests show which line of docs/contract.md: those that name it in a docstring or comment, as `S7` or `S35-S39`.

As a plugin (`-p tests.docs.contract`) it runs only such tests and prints line, tests and result: `make contract`.
"""

import ast
import io
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from settings import ROOT
from tests.sources import parsed

PAGE = ROOT / "docs" / "contract.md"
_PART = re.compile(r"^### (1\.[H-N]) ", re.MULTILINE)
_DECISION = re.compile(r"^(\d+)\. \*\*", re.MULTILINE)
_CITED = re.compile(r"\b1\.[H-N](?:\.\d+)?\b")
_ROW = re.compile(r"^\| S(\d+) \| (.*) \|$", re.MULTILINE)
_NAMED = re.compile(r"\bS(\d{1,3})(?:(?:-| to )S?(\d{1,3}))?\b")
_RULES_OF_RUFF = re.compile(r"noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*")
_PROPERTY = "contract"


def lines() -> tuple[Mapping[int, str], Mapping[int, str]]:
    """The page's lines, and those that no test shows, with the reason."""
    asked, _, excused = PAGE.read_text(encoding="utf-8").partition("## Lines without a test")
    return _rows(asked), _rows(excused)


def parts() -> frozenset[str]:
    """What the page says beyond its lines: `1.H` to `1.N`, and the decisions of `1.J` by their numbers."""
    page = PAGE.read_text(encoding="utf-8")
    return frozenset(_PART.findall(page)) | {f"1.J.{number}" for number in _DECISION.findall(page)}


def cited_in(text: str) -> frozenset[str]:
    """The parts that a text cites."""
    return frozenset(_CITED.findall(text))


def _rows(text: str) -> Mapping[int, str]:
    return {int(number): said for number, said in _ROW.findall(text)}


def named_in(text: str) -> frozenset[int]:
    """The numbers that a text names, ranges included."""
    found = ((int(first), int(last or first)) for first, last in _NAMED.findall(_RULES_OF_RUFF.sub("", text)))
    return frozenset(number for first, last in found for number in range(first, last + 1))


@cache
def named_by(path: Path) -> Mapping[str, frozenset[int]]:
    """The lines that each test function of a file names; what its module says at the top counts for all of them."""
    source = path.read_text(encoding="utf-8")
    comments = dict(_comments(source))
    module = parsed(source)
    tests = {
        node.name: (_first_line(node, comments), node.end_lineno or node.lineno, ast.get_docstring(node) or "")
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }
    for_all = named_in(ast.get_docstring(module) or "")
    return {
        name: for_all | named_in("\n".join([said, *(comments.get(line, "") for line in range(first, last + 1))]))
        for name, (first, last, said) in tests.items()
    }


def _comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef, comments: Mapping[int, str]) -> int:
    """Where a function begins, with its decorators and the comments right above it."""
    line = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    while line - 1 in comments:
        line -= 1
    return line


def shown() -> Mapping[int, list[str]]:
    """Every line that is named, with the tests that name it."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, numbers in named_by(path).items():
            for number in numbers:
                found[number].append(f"{path.relative_to(ROOT)}::{name}")
    return found


def table(results: Mapping[int, Mapping[str, Counter[str]]]) -> Iterator[str]:
    """The lines of the page, each with its files, how many of their tests show it, and how these ended."""
    (asked, excused), named = lines(), shown()
    for number, said in asked.items():
        files = results.get(number, {})
        ended = sum(files.values(), Counter[str]())
        tests = ", ".join(f"{file} ({total.total()})" for file, total in sorted(files.items()))
        bad = ", ".join(f"{count} {outcome}" for outcome, count in ended.items() if outcome != "passed")
        none = "not run" if number in named else "no test, as the page explains" if number in excused else "NO TEST"
        result = bad or ("passed" if ended else none)
        yield f"S{number:<3} {result:<8} {said}"
        if tests:
            yield f"     {tests}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that name a line, and let each report carry what it names."""
    kept: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        numbers = named_by(item.path).get(getattr(item, "originalname", item.name), frozenset()) & lines()[0].keys()
        item.user_properties.append((_PROPERTY, sorted(numbers)))
        (kept if numbers else others).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=others)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table."""
    results: dict[int, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.getreports(outcome):
            if report.when == "call" or outcome != "passed":
                file = report.nodeid.partition("::")[0]
                for number in dict(getattr(report, "user_properties", ())).get(_PROPERTY, ()):
                    results[number][file][outcome] += 1
    terminalreporter.section("the contract")
    for line in table(results):
        terminalreporter.write_line(line)
