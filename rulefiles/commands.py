"""`larder rules`: check and explain a rule file here, try it on the past and bring it to a running Larder."""

# ruff: noqa: PLC0415 - each command imports what it needs, as in larder.py
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from rulefiles.file import FileRule, RuleFile
    from rulefiles.larder import Names, Refused, RunningLarder
    from rulefiles.plan import Plan, Step

FAULTY = 1
_Command = TypeVar("_Command", bound=Callable[..., Any])

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


def _connected(command: _Command) -> _Command:
    url = click.option(
        "--url", envvar="LARDER_URL", default="http://127.0.0.1:8000", show_default=True, help="Where Larder is."
    )
    token = click.option("--token", envvar="LARDER_TOKEN", required=True, help="An API token; better in LARDER_TOKEN.")
    return url(token(command))


@click.group()
def rules() -> None:
    """Keep rules in files, as sentences, and the files in git (docs/rules.md)."""


@rules.command()
@FILE
@AS_JSON
@click.pass_context
def check(ctx: click.Context, file: Path, as_json: bool) -> None:
    """Read FILE and say what is wrong in it, by line and column; exit code 1 if anything is."""
    from rulefiles.file import lines, read_file

    found = read_file(file)
    if as_json:
        faults = [
            {"line": each.mark.line, "column": each.mark.column, "place": each.place, "message": each.message}
            for each in found.faults
        ]
        click.echo(json.dumps({"origin": found.origin, "rules": [each.name for each in found.rules], "faults": faults}))
    else:
        for line in lines(found):
            click.echo(line)
        if not found.faults:
            click.echo(f"{file}: {_number(len(found.rules), 'rule')}, nothing wrong.")
    ctx.exit(FAULTY if found.faults else 0)


@rules.command()
@FILE
@AS_JSON
def explain(file: Path, as_json: bool) -> None:
    """Say at length what each rule of FILE means."""
    from rulefiles.file import stand_ins, with_stand_ins
    from rules.at_length import told
    from rules.tree import tree_to_json

    found = _faultless(file)
    said = {rule.name: told(rule.tree, with_stand_ins(rule), stand_ins(rule)) for rule in found.rules}
    if as_json:
        rows = [
            {"name": each.name, each.scope: each.target, "when": each.sentence, "tree": tree_to_json(each.tree)}
            | {"meaning": said[each.name]}
            for each in found.rules
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for rule in found.rules:
        click.echo(f"{rule.name} ({rule.scope} {rule.target}{'' if rule.enabled else ', not enabled'})")
        click.echo(f"  {rule.sentence}\n  {said[rule.name]}\n")


@rules.command()
@FILE
@_connected
@click.option("--rule", "name", help="Only the rule of this name.")
@click.option("--item", help="Only on this item, by name or uuid.")
@click.option("--from", "since", help="The moment from which on facts are replayed; without it, 30 days ago.")
@click.option("--to", "until", help="The moment at which it ends; without it, now.")
@click.option("--lead-time", help="How long deliveries take, such as '2 days'; without it, as long as usual.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw both stock curves into this file.")
@AS_JSON
def backtest(
    file: Path, url: str, token: str, *, name: str | None, svg: Path | None, as_json: bool, **more: Any
) -> None:
    """Try the rules of FILE on what was recorded, against those in force: when would either have ordered?"""
    from rulefiles.larder import Names, Refused, RunningLarder

    found = _faultless(file)
    wanted = [rule for rule in found.rules if name is None or rule.name == name]
    if not wanted:
        raise click.UsageError(f"{file} has no rule called {name}." if name else f"{file} has no rules.")
    with RunningLarder(url, token) as larder:
        bodies = _trials(found, wanted, larder, Names(larder), more)
        if svg is not None and len(bodies) != 1:
            raise click.UsageError(f"--svg draws one trial, not {len(bodies)}: choose with --rule and --item.")
        results = []
        for rule, body in bodies:
            try:
                result = _with_progress(rule.name, larder, body)
            except Refused as refused:
                raise _wrong_trial(found, rule.name, refused) from None
            results.append({"rule": rule.name, **result})
            if not as_json:
                _tell(rule.name, result)
        if svg is not None:
            svg.write_text(larder.drawn(bodies[0][1]), "utf-8")
    if as_json:
        click.echo(json.dumps(results, indent=2))


@rules.command()
@FILE
@_connected
@click.option("--prune", is_flag=True, help="Also remove rules of this file that it has no more.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
@click.pass_context
def apply(ctx: click.Context, file: Path, url: str, token: str, *, prune: bool, yes: bool, as_json: bool) -> None:
    """Show what FILE would change in a running Larder, ask, and change it; rules made elsewhere stay as they are."""
    from rulefiles.larder import Names, RunningLarder
    from rulefiles.plan import carried_out, planned

    found = _faultless(file)
    with RunningLarder(url, token) as larder:
        plan = planned(found, larder, Names(larder), prune=prune)
        if not as_json:
            _show(plan)
        if plan.steps and not yes and not _agreed(as_json):
            ctx.exit(FAULTY)
        done = []
        for step in carried_out(plan, larder, found):
            done.append(step)
            if not as_json:
                click.echo(f"{_DONE[step.kind]} {step.name}")
    if as_json:
        rows = [_row(step) for step in done]
        click.echo(json.dumps({"done": rows, "unchanged": plan.unchanged, "left": plan.left}, indent=2))


_DONE = {"add": "Added", "change": "Changed", "move": "Moved", "remove": "Removed"}
_OPTIONS = {"from": "--from", "to": "--to", "leadTime": "--lead-time"}
_SIGNS = {"add": "+", "change": "~", "move": ">", "remove": "-"}


def _faultless(file: Path) -> "RuleFile":
    from domain.errors import LarderError
    from rulefiles.file import lines, read_file

    found = read_file(file)
    if found.faults:
        raise LarderError("\n".join(lines(found)))
    return found


def _agreed(as_json: bool) -> bool:
    if as_json or not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked here: say --yes to change it.")
    return click.confirm("Change it?")


def _trials(
    found: "RuleFile", wanted: "list[FileRule]", larder: "RunningLarder", names: "Names", more: dict[str, Any]
) -> "list[tuple[FileRule, dict[str, Any]]]":
    """One for each rule on each item that it covers."""
    from rulefiles.plan import present_rule, resolved

    bodies = resolved(found, names)
    only = None if more["item"] is None else str(names.uuid("item", more["item"]))
    said = {"from": more["since"], "to": more["until"], "leadTime": more["lead_time"]}
    given = {key: value for key, value in said.items() if value is not None}
    trials = []
    for rule in wanted:
        body = bodies[rule.name]
        key = next(key for key in ("item", "product", "location") if key in body)
        covered = [row["uuid"] for row in names.items() if row["uuid" if key == "item" else key] == body[key]]
        present = present_rule(found, larder, rule.name)
        text = {key: body[key] for key in ("when", "then", "whenSilent")}
        text |= {} if present is None else {"rule": present["uuid"]}
        trials += [(rule, {"item": item, **text, **given}) for item in covered if only in (None, item)]
    if not trials:
        raise click.UsageError("None of these rules covers that item.")
    return trials


def _wrong_trial(found: "RuleFile", name: str, refused: "Refused") -> Exception:
    """What Larder says of options is wrong usage, and of the rule a fault of the file."""
    from rulefiles.plan import Faulty, placed

    options = [f"{_OPTIONS[place]}: {' '.join(texts)}" for place, texts in refused.fields.items() if place in _OPTIONS]
    return click.UsageError("\n".join(options)) if options else Faulty("\n".join(placed(found, name, refused)))


def _with_progress(name: str, larder: "RunningLarder", body: dict[str, Any]) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import Progress

    result: dict[str, Any] = {}
    shown = Console(stderr=True)
    with Progress(console=shown, transient=True, disable=not shown.is_terminal) as progress:
        task = progress.add_task(name, total=None)
        for said in larder.tried(body):
            if "done" in said:
                progress.update(task, completed=said["done"], total=said["of"])
            else:
                result = said["data"]
    return result


def _tell(name: str, result: dict[str, Any]) -> None:
    click.echo(f"{name} on {result['itemName']}, {_number(result['facts'], 'fact')} from {result['from']}")
    for title, version in (("now", result["old"]), ("new", result["new"])):
        spent = ", ".join(f"{each['amount']} {each['currency']}" for each in version["spent"]) or "no money"
        level = version["averageLevel"]
        average = "level unknown" if level is None else f"{level:g} left on average"
        said = "no rule" if version["when"] is None else version["when"]
        click.echo(f"  {title}: {said}")
        days = f"nothing left on {version['daysOut']:g} of {version['days']:g} days"
        others = sum(not order["byRule"] for order in version["orders"])
        whose = f" ({others} by other rules of {result['itemName']})" if others else ""
        click.echo(f"    {_number(version['orderCount'], 'order')}{whose}, {spent}; {days}, {average}")
        for order in version["orders"]:
            click.echo(f"    {order['at']}  {'' if order['byRule'] else 'another rule: '}{order['sentence']}")
    click.echo("")


def _show(plan: "Plan") -> None:
    for step in plan.steps:
        click.echo(f"{_SIGNS[step.kind]} {step.name}")
        if step.kind == "add":
            click.echo(f"    {step.body['when']}\n    {step.meaning}")
        for each in step.differences:
            click.echo(f"    {each.name}: {json.dumps(each.old)} -> {json.dumps(each.new)}")
    if plan.left:
        click.echo(f"Not in the file any more, and left as they are without --prune: {', '.join(plan.left)}.")
    click.echo(f"{_number(len(plan.steps), 'change')}, {_number(plan.unchanged, 'rule')} as they are.")


def _row(step: "Step") -> dict[str, Any]:
    differences = [{"field": each.name, "old": each.old, "new": each.new} for each in step.differences]
    return {"kind": step.kind, "name": step.name, "differences": differences, "meaning": step.meaning or None}


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
