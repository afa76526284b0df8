"""The only door to durable_rules: its C module, one constant session, integers in, numbers of clauses out.

Its `Host`, its timers and its sessions per message crash or leak; this narrow use of it does not (docs/decisions).
"""

import threading
from collections import OrderedDict

import durable_rules_engine as durable  # type: ignore[import-not-found]  # a C extension without stubs

from domain.errors import LarderError
from rules.compiled import BELOW_ANY_THRESHOLD, FACT_ID, PRIME, Compiled, Shape
from rules.situation import Millionths, Situation

_FACT = f'{{"id":"{FACT_ID}"}}'
_PRIMER = f'{{"id":"{FACT_ID}","{PRIME}":1}}'
_NOTHING_MATCHED = 1


class EngineFailed(LarderError):
    """durable_rules answered with an error; the ruleset concerned is never used again."""


class EngineDisagrees(LarderError):
    """durable_rules and the independent reading of the rule came to different verdicts; neither may be acted on."""


class Engine:
    """Evaluates compiled rules; one per process, from any thread.

    Keeps the rulesets of the `max_shapes` shapes used last.
    """

    def __init__(self, max_shapes: int = 256) -> None:
        self._max_shapes = max_shapes
        self._rulesets: OrderedDict[str, int] = OrderedDict()
        # Single calls into the C module are atomic, the sequence assert, drain, retract is not.
        self._lock = threading.Lock()

    def clauses_that_hold(self, rule: Compiled, situation: Situation) -> list[int]:
        """The numbers of the rule's clauses in which every condition is known and true, ascending; EngineFailed."""
        fact = _fact(rule, situation.millionths)
        with self._lock:
            try:
                return _matches(self._ruleset(rule.shape), fact)
            except BaseException as fault:
                # Whatever went wrong, even an interrupt, may have left the fact behind.
                digest = rule.shape.digest
                self._rulesets.pop(digest, None)
                if isinstance(fault, durable.error):
                    raise EngineFailed(f"durable_rules failed on the shape {digest}: {fault}") from fault
                raise

    def forget(self, rule: Compiled) -> None:
        """Never use the rule's ruleset again; the next evaluation makes a new one."""
        with self._lock:
            self._rulesets.pop(rule.shape.digest, None)

    def _ruleset(self, shape: Shape) -> int:
        ruleset = self._rulesets.get(shape.digest)
        if ruleset is None:
            ruleset = self._created(shape)
        self._rulesets.move_to_end(shape.digest)
        return ruleset

    def _created(self, shape: Shape) -> int:
        while len(self._rulesets) >= self._max_shapes:
            _, oldest = self._rulesets.popitem(last=False)
            # In this order: a ruleset deleted before its session leaks the session's memory.
            durable.delete_state(oldest, None)
            durable.delete_ruleset(oldest)
        ruleset: int = durable.create_ruleset(shape.digest, shape.ruleset)
        # Deleting a session in which no action ever ran is a segmentation fault, so let one run now.
        _matches(ruleset, _PRIMER)
        self._rulesets[shape.digest] = ruleset
        return ruleset


def _fact(rule: Compiled, millionths: Millionths) -> str:
    # No property may be left out, whatever is unknown: the engine would compare with uninitialised memory.
    numbers: list[int] = []
    for name in rule.shape.fields:
        value = millionths[name]
        numbers += (BELOW_ANY_THRESHOLD, 0) if value is None else (value, 1)
    return f'{{"id":"{FACT_ID}",{rule.thresholds},{rule.shape.readings % tuple(numbers)}}}'


def _matches(ruleset: int, fact: str) -> list[int]:
    """The numbers of the ruleset's rules that match the fact, ascending; the fact is gone again afterwards."""
    code, session = durable.assert_fact(ruleset, fact)
    if code == _NOTHING_MATCHED:
        return []
    if code:
        raise durable.error(f"assert_fact answered {code}")
    numbers = []
    started = durable.start_action_for_state(ruleset, session)
    match = started[1] if started else None
    while match:
        numbers.append(int(match[2 : match.index('"', 2)]))
        match = durable.complete_and_start_action(ruleset, session)
    durable.retract_fact(ruleset, _FACT)
    if not numbers:
        raise durable.error("a rule matched and no action started")
    numbers.sort()
    return numbers
