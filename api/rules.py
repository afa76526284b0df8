"""Rules: what the household wants, as a sentence and as a tree, and what shall follow (1.M)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation
from pydantic import WithJsonSchema

from api import rule_scopes, rule_texts
from api.answers import OneAnswer
from api.bodies import PLAIN
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.etags import Seen, Unchanged
from api.parts import Parts
from api.principals import Principal
from api.rule_scopes import Scope
from api.rule_texts import NewRule, RuleChanges, RuleReplacement
from domain.changes import Change, ChangeKind, RuleDraft
from domain.clocks import WhenSilent
from domain.errors import Conflict, Invalid
from rules.spoken_of import About
from rules.then import Then
from storage import rules
from storage.tables import Rule


class RuleShown(Shown):
    """A rule in both spellings, on one `item` (or group), all of a `product` or all at a `location`.

    `instruction` where a trigger level made it, which is then the place to change it; `origin` where a rule file did.
    """

    uuid: UUID
    item: UUID | None
    product: UUID | None
    location: str | None
    name: str
    when: str
    tree: Annotated[Any, WithJsonSchema(rule_texts.TREE_SCHEMA)]
    then: Annotated[Any, WithJsonSchema(rule_texts.THEN_SCHEMA)]
    enabled: bool
    when_silent: WhenSilent
    version: int
    instruction: UUID | None
    origin: str | None
    created_at: When
    updated_at: When


class RulesController(Controller):
    """What shall happen when."""

    path = "/rules"
    tags = ("UI",)

    @post(operation_id="AddRule")
    async def add(
        self,
        data: JSONBody[NewRule],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[RuleShown]]:
        """Give an item, a group, a product or a location a rule.

        What it covers is judged by it at once, many items within seconds.
        """
        account, scope = principal.household, rule_scopes.said(data)

        async def make(uuid: UUID) -> Envelope[RuleShown]:
            async with parts.db.reading() as session:
                draft = rule_texts.drafted(uuid, scope.item, data, await rule_scopes.about(session, account, scope))
                made = await rules.find(session, account, uuid)
                if made is None:
                    await rule_scopes.check_new(session, principal, data, scope)
                    await rule_scopes.check_then(session, account, scope, data.then)
            if made is None:
                at = await parts.desk.now(scope.item)
                await parts.desk.change(_change((uuid, 1), account, scope, at, draft))
            return Envelope(message="Rule created.", data=_shown(await _own(parts, principal, uuid)))

        return await one_answer.through_workflow(data, make)

    @get(operation_id="ListRules")
    async def list_rules(
        self,
        *,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        item: Annotated[UUID | None, QueryParameter(description="Only those on this item or group.")] = None,
        product: Annotated[UUID | None, QueryParameter(description="Only those on this product.")] = None,
        location: Annotated[
            str | None,
            QueryParameter(
                max_length=200, description="Only those on this location.", schema_extra={"pattern": PLAIN.pattern}
            ),
        ] = None,
    ) -> Listing[RuleShown]:
        """The household's rules, newest first."""
        before = paging.after_one(UUID)
        if location is not None and not PLAIN.fullmatch(location):
            raise Invalid({"location": ["This value contains a control character."]})
        async with parts.db.reading() as session:
            rows = await rules.page(
                session, principal.household, before, paging.limit, item=item, product=product, location=location
            )
        return paging.listing("Rules.", rows, _shown, lambda rule: (rule.uuid,))

    @get("/{uuid:uuid}", operation_id="GetRule")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[RuleShown]]:
        """One rule, in its newest version."""
        rule = await _own(parts, principal, uuid)
        return seen.answer(Envelope(message="Rule.", data=_shown(rule)), rule)

    @put("/{uuid:uuid}", operation_id="ReplaceRule")
    async def replace(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[RuleReplacement],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[RuleShown]]:
        """Replace what a rule says; it is judged at once, and its older versions are kept for their decisions."""
        rule = await _changeable(parts, principal, uuid)
        unchanged.check(rule)
        rule_scopes.check_same(data, Scope.of(rule))
        draft = rule_texts.drafted(uuid, rule.item, data, await _about(parts, rule))
        rule = await _updated(parts, principal, rule, draft, data.then)
        return unchanged.answer(Envelope(message="Rule updated.", data=_shown(rule)), rule)

    @patch("/{uuid:uuid}", operation_id="ChangeRule")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[RuleChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[RuleShown]]:
        """Change a part of what a rule says; what is left out stays."""
        rule = await _changeable(parts, principal, uuid)
        unchanged.check(rule)
        draft = rule_texts.redrafted(rule, data, await _about(parts, rule))
        rule = await _updated(parts, principal, rule, draft, data.then)
        return unchanged.answer(Envelope(message="Rule updated.", data=_shown(rule)), rule)

    @delete("/{uuid:uuid}", operation_id="DeleteRule", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """End a rule and the clocks that ran for it."""
        rule = await _changeable(parts, principal, uuid)
        at = await parts.desk.now(rule.item)
        await parts.desk.change(_change((uuid, rule.version + 1), rule.account, Scope.of(rule), at, None))
        return Envelope(message="Rule deleted.", data=None)


async def _about(parts: Parts, rule: Rule) -> About:
    async with parts.db.reading() as session:
        return await rule_scopes.about(session, rule.account, Scope.of(rule))


async def _updated(parts: Parts, principal: Principal, rule: Rule, draft: RuleDraft, then: Then | None) -> Rule:
    scope = Scope.of(rule)
    async with parts.db.reading() as session:
        await rule_scopes.check_then(session, rule.account, scope, then)
    at = await parts.desk.now(rule.item)
    await parts.desk.change(_change((rule.uuid, rule.version + 1), rule.account, scope, at, draft))
    return await _own(parts, principal, rule.uuid)


def _change(subject: tuple[UUID, int], account: UUID, scope: Scope, at: datetime, draft: RuleDraft | None) -> Change:
    uuid, version = subject
    return Change(
        subject=uuid,
        version=version,
        account=account,
        item=scope.item,
        covers=scope.covers,
        at=at,
        kind=ChangeKind.RULE,
        draft_rule=draft,
    )


async def _own(parts: Parts, principal: Principal, uuid: UUID) -> Rule:
    async with parts.db.reading() as session:
        return await rules.get(session, principal.household, uuid)


async def _changeable(parts: Parts, principal: Principal, uuid: UUID) -> Rule:
    rule = await _own(parts, principal, uuid)
    if rule.instruction is not None:
        raise Conflict("This rule is the trigger level of an instruction: change it through /instructions.")
    return rule


def _shown(rule: Rule) -> RuleShown:
    return RuleShown(
        uuid=rule.uuid,
        item=rule.item,
        product=rule.product,
        location=rule.location,
        name=rule.name,
        when=rule.sentence,
        tree=msgspec.Raw(rule.tree.encode()),
        then=msgspec.Raw(rule.then.encode()),
        enabled=rule.enabled,
        when_silent=WhenSilent(rule.when_silent),
        version=rule.version,
        instruction=rule.instruction,
        origin=rule.origin,
        created_at=rule.created_at,
        updated_at=rule.updated_at,
    )
