"""A Temporal of the operator's own: the search attributes that Larder's workflows set have to exist there."""

import asyncio
from collections.abc import Mapping

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.service import RPCError

from connection import connect
from domain.errors import Unavailable
from settings import Settings, SettingsError
from stack.checks import Finding


async def register(settings: Settings, search_attributes: Mapping[str, str]) -> str:
    """Create those that are missing; when we may not, give the command for somebody who may, else nothing.

    Raises Unavailable when the cluster does not answer, SettingsError when `TEMPORAL_*` is wrong.
    """
    client = await connect(settings, for_api=False)
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = {name: kind for name, kind in search_attributes.items() if name not in known.custom_attributes}
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace=client.namespace,
                    search_attributes={name: _value_type(kind) for name, kind in missing.items()},
                )
            )
    except RPCError as refused:
        wanted = " ".join(f"--name {name} --type {kind}" for name, kind in search_attributes.items())
        return (
            f"The search attributes could not be registered ({refused.message}). Unless they are there already, "
            f"have an administrator run: temporal operator search-attribute create "
            f"--namespace {client.namespace} {wanted}"
        )
    return ""


def look(settings: Settings) -> Finding:
    """Whether the cluster answers."""
    try:
        client = asyncio.run(connect(settings, for_api=False))
    except (Unavailable, SettingsError) as away:
        return Finding(
            "temporal", str(away), "correct the TEMPORAL_* variables, or leave them out to use a server of our own."
        )
    return Finding("temporal", f"Temporal at {client.service_client.config.target_host} answers.")


def _value_type(kind: str) -> IndexedValueType.ValueType:
    words = {"KeywordList": "KEYWORD_LIST"}.get(kind, kind.upper())
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{words}")
