"""Rules before they are switched on: what they mean, what they would do now, and what they would have done (1.M)."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation
from litestar.response import Stream

from api import on_trial, rule_scopes, rule_vocabulary, trying
from api.decisions import ConditionShown, condition_said
from api.decoding import JSON, ApiRequest
from api.envelope import Answer, Envelope, rendered
from api.parts import Parts
from api.picture import drawn
from api.principals import Principal
from api.problems import noted
from api.rule_scopes import Scope
from api.rule_vocabulary import VocabularyShown
from api.trial_bodies import Now, OrderNow, RuleChecked, RuleToCheck, RuleToTry, RuleTried
from api.trials import Say
from api.trying import Prepared
from domain.identity import new_uuid
from domain.orders import Approval
from rules.at_length import told
from rules.judge import Judgement
from rules.sentence import say
from rules.spoken_of import About
from rules.then import Then
from rules.tree import tree_from_json
from storage import retailers
from storage.ledger import RuleText

LINES = "application/x-ndjson"
SVG = "image/svg+xml"


class RuleTrialsController(Controller):
    """What a rule would do, without doing it."""

    path = "/rules"
    tags = ("UI",)

    @get("/vocabulary", operation_id="RuleVocabulary")
    async def vocabulary(self) -> Envelope[VocabularyShown]:
        """What rules can be made of, for editors: fields, operators, kinds, units, examples and limits."""
        return Envelope(message="Vocabulary.", data=rule_vocabulary.shown())

    @post("/check", operation_id="CheckRule", status_code=200)
    async def check(
        self,
        data: JSONBody[RuleToCheck],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[RuleChecked]:
        """Say how a rule is understood and, for an item, what it would do now; nothing is done and nothing is kept.

        What cannot be understood is a 400 that names the place, what was found there and what was expected.
        """
        return Envelope(message="Rule.", data=await _checked(parts, principal, data))

    @post("/backtest", operation_id="TryRule", status_code=200, opt={"also": [LINES, SVG]})
    async def try_rule(
        self,
        request: ApiRequest,
        data: JSONBody[RuleToTry],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Response[Envelope[RuleTried]]:
        """When would the old and the new version have ordered, had they been in force on what was recorded since then?

        As `application/x-ndjson` it tells how far it is, a line at a time, and the result (or the problem) in the last
        one; as `image/svg+xml` it is a picture of both stock curves.
        """
        prepared = await trying.prepared(parts, principal, data)
        wanted = request.accept.best_match([JSON, LINES, SVG]) or JSON
        if wanted == LINES:
            return Stream(_lines(parts, prepared), media_type=LINES)  # type: ignore[return-value]
        tried = await _tried(parts, prepared)
        if wanted == SVG:
            return Answer(drawn(tried).encode(), media_type=SVG)  # type: ignore[arg-type]
        return Answer(Envelope(message="Tried.", data=tried))


async def _checked(parts: Parts, principal: Principal, data: RuleToCheck) -> RuleChecked:
    named = rule_scopes.said_if_any(data)
    if named is None and data.rule is None and data.then is None:  # whoever only checks the words asks no database
        return _understood(on_trial.written(new_uuid(), data, None, About()), None, {}, None, None)
    item = None if named is None else named.item
    at, household, now = await parts.desk.now(item), principal.household, None
    async with parts.db.reading() as session:
        present = await on_trial.present(session, principal, data.rule)
        stored = None if present is None else on_trial.of_row(present)
        scope = named or (Scope() if present is None else Scope.of(present))
        if named is not None:
            await rule_scopes.check_there(session, principal, data, named)
        about = await rule_scopes.about(session, household, scope)
        text = on_trial.written(new_uuid() if stored is None else stored.uuid, data, stored, about)
        then = Then.model_validate_json(text.then)
        if item is not None:
            looked = await on_trial.looked(session, principal, item, at=at, rules=lambda _: [text])
            now = _now(looked.judged(parts.judge, text, at), looked.opened.unit)
        await rule_scopes.check_then(session, household, scope, then)
        skus = [] if then.order is None else then.order.skus()
        shops = {str(shop): name for shop, name in (await retailers.names(session, [sku[0] for sku in skus])).items()}
    return _understood(text, data.then, shops, about.unit, now)


def _understood(
    text: RuleText, then: Then | None, shops: dict[str, str], unit: str | None, now: Now | None
) -> RuleChecked:
    tree = tree_from_json(msgspec.json.decode(text.tree))
    return RuleChecked(
        when=say(tree),
        tree=msgspec.Raw(text.tree.encode()),
        then=msgspec.Raw(text.then.encode()),
        meaning=told(tree, then, shops, unit),
        now=now,
    )


def _now(judgement: Judgement, unit: str) -> Now:
    decision, need = judgement.decision, judgement.need
    (report,) = decision.rules
    order = need and OrderNow(
        packs=need.packs,
        pack_size=need.offer.pack_size,
        retailer=need.offer.retailer,
        retailer_name=need.offer.retailer_name,
        sku=need.offer.sku,
        name=need.offer.name,
        total=need.total,
        currency=need.offer.currency,
        needs_approval=need.approval is Approval.NEEDED,
    )
    return Now(
        at=decision.at,
        level=decision.level,
        unit=unit,
        holds=report.truth,
        conditions=[ConditionShown(**condition_said(condition)) for condition in report.conditions],
        verdict=decision.verdict,
        sentence=decision.sentence,
        order=order,
        next_check=decision.next_check,
    )


async def _tried(parts: Parts, prepared: Prepared) -> RuleTried:
    def work(say: Say) -> RuleTried:
        return trying.shown(prepared, prepared.worked_out(parts.judge, say))

    async with aclosing(parts.trials.run(work)) as told_so_far:
        async for said in told_so_far:
            if isinstance(said, RuleTried):
                return said
    raise AssertionError("a trial ends with its result")


async def _lines(parts: Parts, prepared: Prepared) -> AsyncIterator[bytes]:
    def work(say: Say) -> RuleTried:
        return trying.shown(prepared, prepared.worked_out(parts.judge, say))

    try:
        async with aclosing(parts.trials.run(work)) as told_so_far:
            async for said in told_so_far:
                if isinstance(said, RuleTried):
                    yield rendered(Envelope(message="Tried.", data=said)) + b"\n"
                else:
                    yield msgspec.json.encode({"done": said, "of": prepared.number}) + b"\n"
    except Exception as error:  # noqa: BLE001 - the answer has begun, so its last line must say so
        problem = noted(error)
        yield msgspec.json.encode({"status": problem.status, "message": problem.message}) + b"\n"
