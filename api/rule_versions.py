"""Every text that a rule ever had: what its decisions refer to, also when it is gone (1.M)."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from pydantic import WithJsonSchema

from api.envelope import Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import Principal
from api.rule_texts import THEN_SCHEMA, TREE_SCHEMA
from domain.clocks import WhenSilent
from storage import rules
from storage.tables import RuleVersion


class RuleVersionShown(Shown):
    """What a rule said from then on, until its next version or its end."""

    version: int
    when: str
    tree: Annotated[Any, WithJsonSchema(TREE_SCHEMA)]
    then: Annotated[Any, WithJsonSchema(THEN_SCHEMA)]
    enabled: bool
    when_silent: WhenSilent
    since: When


class RuleVersionsController(Controller):
    """The past of a rule."""

    path = "/rules/{uuid:uuid}"
    tags = ("UI",)

    @get("/versions", operation_id="RuleVersions")
    async def versions(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[RuleVersionShown]:
        """Every text of a rule, the newest first; also of one that was deleted."""
        before = paging.after_one(int)
        async with parts.db.reading() as session:
            rows = await rules.versions(session, principal.household, uuid, before, paging.limit)
        return paging.listing("Versions.", rows, _shown, lambda row: (row.version,))


def _shown(row: RuleVersion) -> RuleVersionShown:
    return RuleVersionShown(
        version=row.version,
        when=row.sentence,
        tree=msgspec.Raw(row.tree.encode()),
        then=msgspec.Raw(row.then.encode()),
        enabled=row.enabled,
        when_silent=WhenSilent(row.when_silent),
        since=row.created_at,
    )
