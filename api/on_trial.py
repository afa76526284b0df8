"""An item as it stands, with other rules than it has: everything that a judgement needs, and nothing is written."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.wishes import Market, Wishes, market_for
from api import rule_texts
from api.principals import Principal
from api.trial_bodies import RuleWritten
from domain.clocks import WhenSilent
from domain.decisions import Trigger
from domain.errors import Invalid, NotFound
from domain.facts import Fact
from domain.guards import NOTHING_ORDERED
from domain.item import ItemState
from domain.lead_time import LeadTime
from rules.active import InForce
from rules.judge import Judge, Judgement, Occasion
from rules.spoken_of import About
from rules.then import Then
from rules.tree import tree_to_json
from storage import items
from storage import rules as stored_rules
from storage.asking import Purse
from storage.ledger import Ledger, Opened, RuleText
from storage.tables import Instruction, Rule


@dataclass(frozen=True)
class Looked:
    """An item and what is in force on it, as of one look at the database."""

    item: UUID
    opened: Opened
    market: Market

    lead_times: Mapping[UUID, LeadTime]
    buttons: Sequence[Instruction] = ()

    def with_rules(self, rules: Sequence[RuleText]) -> InForce:
        """The same with these rules instead."""
        opened = replace(self.opened, rules=tuple(sorted(rules, key=lambda rule: rule.uuid)))
        return Wishes(opened, self.buttons, ()).in_force(self.market, self.lead_times)

    def judged(self, judge: Judge, rule: RuleText, at: datetime) -> Judgement:
        """What this rule would do now, if it were saved."""
        in_force = self.with_rules([rule])
        state = self.opened.memory or ItemState(item=self.item, stock=self.opened.stock)
        state = state.model_copy(
            update={"stock": state.stock.model_copy(update={"capacity": self.opened.stock.capacity})}
        )
        state = judge.flags_kept(state, in_force, at)
        return judge.judge(state, in_force, Occasion("check", at, Trigger.DEADLINE))


async def present(session: AsyncSession, principal: Principal, rule: UUID | None) -> Rule | None:
    """The rule that another version is compared with; raises Invalid where there is no such rule."""
    if rule is None:
        return None
    try:
        return await stored_rules.get(session, principal.household, rule)
    except NotFound as unknown:
        raise Invalid({"rule": [unknown.message]}) from unknown


async def looked(
    session: AsyncSession,
    principal: Principal,
    item: UUID,
    *,
    at: datetime,
    rules: Callable[[Opened], Iterable[RuleText]],
    words: Sequence[Fact] = (),
) -> Looked:
    """The item with what retailers offer for these rules and for what was asked for by button or by hand.

    Raises Invalid where there is no such item.
    """
    unknown = Invalid({"item": ["There is no such item."]})
    if not await items.own(session, principal.household, [item]):
        raise unknown
    ledger = Ledger(session, item)
    opened = await ledger.opened(to_look_only=True)
    if opened is None:
        raise unknown
    buttons = await ledger.buttons({fact.instruction for fact in words if fact.instruction is not None})
    wishes = [fact.wish for fact in words if fact.wish is not None]
    wanted = Wishes(replace(opened, rules=tuple(rules(opened))), buttons, wishes)
    purse = Purse(session, opened.account, to_look_only=True)
    market = await market_for(purse, ledger, wanted, item, at)
    return Looked(item, opened, market, await purse.lead_times(retailer for retailer, _ in wanted.wanted), buttons)


def in_the_past(in_force: InForce, lead_times: Mapping[UUID, LeadTime]) -> InForce:
    """The same where nothing was ordered yet and nothing is paused, which is of today; and with these lead times."""
    guards = in_force.guards.model_copy(update={"paused_until": None})
    return replace(in_force, guards=guards, tally=NOTHING_ORDERED, lead_times=lead_times)


def written(uuid: UUID, text: RuleWritten, stored: RuleText | None, about: About) -> RuleText:
    """A rule as it would be stored; raises Invalid with the place in `when` and what was expected there."""
    now = stored or _NOTHING
    sentence, tree = now.sentence, now.tree
    if text.when is not None:
        sentence, meant = rule_texts.understood(text.when, about)
        tree = json.dumps(tree_to_json(meant))
    then = text.then or (Then() if stored is None else None)
    return RuleText(
        uuid=uuid,
        version=now.version + 1,
        sentence=sentence,
        tree=tree,
        then=now.then if then is None else then.model_dump_json(exclude_none=True),
        agreed_price=now.agreed_price,
        agreed_currency=now.agreed_currency,
        when_silent=text.when_silent if stored is None or "when_silent" in text.model_fields_set else now.when_silent,
    )


def of_row(rule: Rule) -> RuleText:
    """A rule as a judgement reads it, enabled or not."""
    return RuleText(
        uuid=rule.uuid,
        version=rule.version,
        sentence=rule.sentence,
        tree=rule.tree,
        then=rule.then,
        agreed_price=rule.agreed_price,
        agreed_currency=rule.agreed_currency,
        when_silent=rule.when_silent,
    )


def without(rules: Sequence[RuleText], uuid: UUID) -> list[RuleText]:
    """The others."""
    return [rule for rule in rules if rule.uuid != uuid]


_NOTHING = RuleText(UUID(int=0), 0, "", "", "", None, None, WhenSilent.CONTINUE)
