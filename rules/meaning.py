"""What each rule of the grammar in sentence.lark means; the names are the grammar's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lark import Token, Transformer, v_args

from domain.errors import RuleError
from domain.units import SPELLINGS
from rules.amounts import counted, unit_of_time
from rules.decoration import check_name, check_noun, check_subject
from rules.duration import seconds_from
from rules.fields import FIELDS, MICRO, MOST_REPEATS, Operator
from rules.moments import Either, Joint, Moment, Part, alternatives, beside, choice, moment, tree_of
from rules.tree import LEAST_REPEATS, All, AnyOf, Condition, Not, Repeated, Tree, reads
from rules.wall_clock import DAYS, FRIDAY, MONDAY, SATURDAY, SUNDAY, time_from
from rules.words import A_CONDITION, A_NUMBER, APOSTROPHES, Mistake

_SECONDS_A_DAY = 86_400
_A_DAY = FIELDS["dayOfWeek"].expectation
_A_TIME = FIELDS["timeOfDay"].expectation
_TWELVE_HOURS = re.compile(r"(0?[1-9]|1[0-2])(?::([0-5][0-9]))? *([ap])m", re.ASCII | re.IGNORECASE)
_NOON = 12
_THOUSANDS = re.compile(r"([1-9][0-9]{0,2})\.([0-9]{2}0)")  # `1.000` is one to some and a thousand to others


@dataclass(frozen=True)
class _Amount:
    """A number or a duration, with how it was written and where."""

    value: Decimal | None
    written: str
    column: int | None


Said = tuple[Token, ...]
_Part = Operator | _Amount | Token | Said | None


@v_args(inline=True)
class Meaning(Transformer[Token, Tree]):
    """Turns what the grammar has recognised into a tree."""

    def sentence(self, *parts: Tree | Said | None) -> Tree:
        """The rule behind the name of an item, if there is one."""
        rule = next(part for part in parts if not isinstance(part, tuple | None))
        for name in (part for part in parts if isinstance(part, tuple)):
            for field in sorted(reads(rule)):
                check_subject(name, field)
        return rule

    def rule(self, first: Tree, *exceptions: Tree) -> Tree:
        return All(of=(first, *(Not(of=each) for each in exceptions))) if exceptions else first

    def alternatives(self, *parts: Part) -> Tree:
        return alternatives(parts)

    def only_windows(self, *parts: Part | Joint) -> Part:
        return beside(parts)

    def mixed(self, *parts: Part | Joint) -> Part:
        return beside(parts)

    def joint_and(self) -> Joint:
        return Joint.AND

    def joint_but(self) -> Joint:
        return Joint.BUT

    def negated(self, part: Part) -> Tree:
        return Not(of=tree_of(part))

    def as_said(self, part: Tree) -> Tree:
        return part

    def repeated(self, part: Tree, times: _Amount) -> Tree:
        count = times.value
        if count is None or count % 1 or not LEAST_REPEATS <= count <= MOST_REPEATS:
            what = f"a whole number from {LEAST_REPEATS} to {MOST_REPEATS}"
            raise Mistake(what, times.written, times.column)
        return Repeated(times=int(count), of=part)

    def unclear(self, _part: Tree, times: _Amount) -> Tree:
        again = f"{times.written} times in a row"
        raise RuleError(
            f"At column {times.column}: say by parentheses what is repeated: "
            f"'(not ...) {again}' or 'not (... {again})'."
        )

    def so_often(self, written: Token) -> _Amount:
        return self.number(written)

    def twice(self, written: Token) -> _Amount:
        return _Amount(Decimal(2), "2", written.column)

    # ---- windows

    def windows(self, *moments: Moment) -> Part:
        return choice(moments)

    def moment(self, *windows: Tree | Either) -> Moment:
        return moment(windows)

    def days(self, *each: Tree) -> Tree | Either:
        return Either(each) if len(each) > 1 else each[0]

    def one_day(self, written: Token) -> Tree:
        match _singular(written):
            case "weekday":
                return _day(Operator.AT_MOST, FRIDAY)
            case "weekend":
                return _day(Operator.AT_LEAST, SATURDAY)
        return _day(Operator.IS, _number_of(written))

    def or_later(self, written: Token) -> Tree:
        return _day(Operator.AT_LEAST, _number_of(written))

    def or_earlier(self, written: Token) -> Tree:
        return _day(Operator.AT_MOST, _number_of(written))

    def day_to_day(self, first: Token, last: Token) -> Tree:
        start, end = _number_of(first), _number_of(last)
        if start == end:
            raise Mistake("another day", last, last.column)
        if start == MONDAY:
            return _day(Operator.AT_MOST, end)
        if end == SUNDAY:
            return _day(Operator.AT_LEAST, start)
        span = _day(Operator.AT_LEAST, start), _day(Operator.AT_MOST, end)
        return All(of=span) if start < end else AnyOf(of=span)

    def between(self, first: Token, last: Token) -> Tree:
        start, end = self.after(first), self.before(last)
        if start.value == end.value:
            raise Mistake("another time", last, last.column)
        return All(of=(start, end)) if start.value < end.value else AnyOf(of=(start, end))

    def after(self, written: Token) -> Condition:
        return Condition(field="timeOfDay", op=Operator.AT_LEAST, value=_time(written))

    def before(self, written: Token) -> Condition:
        return Condition(field="timeOfDay", op=Operator.BELOW, value=_time(written))

    # ---- conditions

    def stated(self, subject: Said | None, condition: Condition) -> Tree:
        check_subject(subject or (), condition.field)
        return condition

    def denied(self, subject: Said, condition: Condition) -> Tree:
        return Not(of=self.stated(subject, condition))

    def uncounted(self, subject: Said) -> Tree:
        raise Mistake(A_NUMBER, subject[0], subject[0].column, misread=True)

    def unfinished(self, subject: Said) -> Tree:
        raise Mistake(A_CONDITION, subject[0], subject[0].column, misread=True)

    def level(self, *parts: _Part) -> Tree:
        condition = _compared("level", _bound(parts), _number(parts))
        unit = next((SPELLINGS[part.lower()] for part in parts if isinstance(part, Token)), None)
        return condition if unit is None else condition.model_copy(update={"unit": unit})

    def percent(self, *parts: _Part) -> Tree:
        return _compared("percent", _bound(parts), _number(parts))

    def days_left(self, *parts: _Part) -> Tree:
        unit = next(part for part in parts if isinstance(part, Token))
        return _compared("daysLeft", _bound(parts), _in_days(self.duration(_number(parts), unit)))

    def out_for(self, bound: Operator | None, duration: _Amount) -> Tree:
        return _compared("outFor", bound or Operator.AT_LEAST, duration)

    def returned(self, duration: _Amount) -> Tree:
        return _compared("outFor", Operator.AT_LEAST, duration)

    def unused_for(self, bound: Operator | None, duration: _Amount) -> Tree:
        return _compared("unusedFor", bound or Operator.AT_LEAST, duration)

    def expires_in(self, duration: _Amount) -> Tree:
        return _compared("expiresIn", Operator.AT_MOST, duration)

    def runs_out_within(self, duration: _Amount) -> Tree:
        return _compared("daysLeft", Operator.AT_MOST, _in_days(duration))

    def spoils(self, so: bool | None) -> Tree:
        return _flag("spoils", so)

    def runs_out(self, so: bool | None) -> Tree:
        return _flag("runsOut", so)

    def pressed(self, so: bool | None) -> Tree:
        return _flag("pressed", so)

    def low(self, so: bool | None) -> Tree:
        return _flag("low", so)

    # ---- their parts

    def at_most(self, *_: Token) -> Operator:
        return Operator.AT_MOST

    def below(self) -> Operator:
        return Operator.BELOW

    def at_least(self, *_: Token) -> Operator:
        return Operator.AT_LEAST

    def above(self) -> Operator:
        return Operator.ABOVE

    def yes(self) -> bool:
        return True

    def no(self) -> bool:
        return False

    def number(self, written: Token) -> _Amount:
        if (form := _THOUSANDS.fullmatch(written)) is not None:
            whole, decimals = form.groups()
            less = f"{whole}.{decimals}".rstrip("0").rstrip(".")
            raise Mistake(A_NUMBER, written, written.column, hint=f"Write {less} or {whole}{decimals}.")
        return _Amount(counted(written), str(written), written.column)

    def duration(self, number: _Amount, unit: Token) -> _Amount:
        word = unit_of_time(unit.rstrip(APOSTROPHES))
        seconds = None if number.value is None else seconds_from(f"{number.value:f} {word}")
        return _Amount(seconds, f"{number.written} {unit}", number.column)

    def subject(self, name: Said) -> Said:
        return name

    def name(self, *words: Token) -> Said:
        check_name(words)
        return words

    def noun(self, *words: Token) -> Said:
        check_noun(words)
        return words


def _singular(written: Token) -> str:
    return written.lower().removesuffix("s")


def _day(op: Operator, number: int) -> Condition:
    return Condition(field="dayOfWeek", op=op, value=Decimal(number))


def _number_of(written: Token) -> int:
    name = _singular(written)
    if name not in DAYS:
        raise Mistake(_A_DAY, written, written.column)
    return DAYS.index(name) + 1


def _time(written: Token) -> Decimal:
    if (form := _TWELVE_HOURS.fullmatch(written)) is not None:
        hour = int(form[1]) % _NOON + _NOON * (form[3].lower() == "p")
        return Decimal(hour * 3_600 + int(form[2] or 0) * 60)
    seconds = time_from(str(written))
    if seconds is None:
        raise Mistake(_A_TIME, written, written.column)
    return seconds


def _bound(parts: Sequence[_Part]) -> Operator:
    return next((part for part in parts if isinstance(part, Operator)), Operator.AT_MOST)


def _number(parts: Sequence[_Part]) -> _Amount:
    return next(part for part in parts if isinstance(part, _Amount))


def _in_days(duration: _Amount) -> _Amount:
    # a part of a day such as 5 hours has no end of decimals
    days = None if duration.value is None else (duration.value / _SECONDS_A_DAY).quantize(MICRO)
    return _Amount(days, duration.written, duration.column)


def _flag(field: str, so: bool | None) -> Condition:
    return Condition(field=field, op=Operator.IS, value=so is not False)


def _compared(field: str, op: Operator, amount: _Amount) -> Condition:
    row = FIELDS[field]
    if not row.admits(amount.value):
        raise Mistake(row.expectation, amount.written, amount.column)
    return Condition(field=field, op=op, value=amount.value)
