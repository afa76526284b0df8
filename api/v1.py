"""The older device contract (S40-S46): credentials and the instruction in headers, an array as the answer."""

from typing import Annotated

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from pydantic import Field

from api.bodies import Body
from api.calls import Call, report
from api.decoding import ApiRequest, checked
from api.guessing import address_of, at_a_key
from api.parts import Parts
from api.principals import GUESSED_AT, OWN_CREDENTIALS, Principal, principal_of
from api.rates import COUNTS_ITSELF
from api.requests import concerns
from api.sent import Ref, Sent, SentLevel, check_address, fields_of, header_of, key_of
from api.shapes import V1_ANSWERS, v1_done
from domain.errors import Invalid, NotAuthenticated
from domain.identity import command_ref

DEVICE_KEY, USER_AUTH, INSTRUCTION_REF = "Device_Key", "User_Auth", "Instruction_Ref"
_KINDS = {DEVICE_KEY: "device", USER_AUTH: "user"}


class Choice(Body):
    """Which instruction is meant, as its header says."""

    ref: Annotated[Ref | None, Field(alias=INSTRUCTION_REF)] = None


class FirstGeneration(Controller):
    """`Device_Key` or `User_Auth`, and `Instruction_Ref`."""

    path = "/v1"
    tags = ("Device",)

    @post(
        "/trigger",
        operation_id="TriggerV1",
        opt=OWN_CREDENTIALS | GUESSED_AT | COUNTS_ITSELF | {"own_errors": True, "body": Sent},
        responses=V1_ANSWERS,
    )
    async def trigger(self, request: ApiRequest, parts: NamedDependency[SkipValidation[Parts]]) -> Response[bytes]:
        """Re-order the item that the device or app is paired to (S29).

        Headers: `Device_Key`, or `User_Auth` for an app; `Instruction_Ref` where there are several instructions. With
        dashes they pass every proxy.
        """
        return await _answered(request, parts, Sent)

    @post(
        "/level",
        operation_id="LevelV1",
        opt=OWN_CREDENTIALS | GUESSED_AT | COUNTS_ITSELF | {"own_errors": True, "body": SentLevel},
        responses=V1_ANSWERS,
    )
    async def level(self, request: ApiRequest, parts: NamedDependency[SkipValidation[Parts]]) -> Response[bytes]:
        """Tell how much there is of a tracked item (S54): one of level, percent, used, added, low.

        Headers: `Device_Key`, or `User_Auth` for an app; `Instruction_Ref` where there are several instructions. With
        dashes they pass every proxy.
        """
        return await _answered(request, parts, SentLevel)


async def _answered(request: ApiRequest, parts: Parts, model: type[Sent]) -> Response[bytes]:
    check_address(request)
    caller = await _caller(request, parts)
    parts.calls.by(request.scope, caller.kind, str(caller))
    if caller.kind == "device":
        concerns(device=str(caller.uuid))
    choice = checked(Choice, {INSTRUCTION_REF: header_of(request, INSTRUCTION_REF)})
    sent = checked(model, await fields_of(request))
    route = f"POST {request.scope['path_template']}"
    fact = await report(parts, caller, Call(route, sent, choice.ref, INSTRUCTION_REF, key_of(request)))
    return v1_done(command_ref(fact.id))


async def _caller(request: ApiRequest, parts: Parts) -> Principal:
    given = {name: header_of(request, name) for name in _KINDS}
    match [(name, token) for name, token in given.items() if token is not None]:
        case []:
            raise Invalid({}, f"{DEVICE_KEY} or {USER_AUTH} is missing.")
        case [(name, token)]:
            return await _known(parts, name, token, address_of(request))
    raise Invalid({}, f"Send either {DEVICE_KEY} or {USER_AUTH}, not both.")


async def _known(parts: Parts, name: str, token: str, address: str) -> Principal:
    try:
        caller = await principal_of(parts, token)
    except NotAuthenticated:
        caller = None
    if caller is not None and caller.kind == _KINDS[name]:
        return caller
    parts.calls.from_address(address)
    if (parsed := parts.secrets.parse_token(token)) is not None:  # a typo is no guess
        guess = at_a_key(parts.secrets, parsed[1], address)
        await guess.check(parts.db)
        await guess.was_wrong(parts.db)
    raise NotAuthenticated(f"{name} is not known, or no longer valid.")
