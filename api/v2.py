"""The newer device contract (S35-S39): MAC address, device id and secret, a bare object as the answer."""

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from pydantic import ConfigDict, JsonValue

from api.bodies import Body
from api.calls import Call, report
from api.decoding import ApiRequest, checked
from api.device_credentials import device_by_credentials
from api.guessing import address_of
from api.parts import Parts
from api.principals import GUESSED_AT, OWN_CREDENTIALS, Principal
from api.rates import COUNTS_ITSELF
from api.requests import concerns
from api.sent import Ref, Sent, SentLevel, check_address, fields_of, header_of, key_of
from api.shapes import V2_ANSWERS, v2_done
from domain.errors import Invalid, NotAuthenticated

MISSING = "Please ensure that you are submitting mac_address, device_id and secret fields in your POST submission."
WRONG = (
    "MAC Address, Device ID or Secret Key do not match the details set up in the application.  "
    "Please check and try again."
)


class Credentials(Body):
    """Who calls, and through which of its instructions; each of these may be a header instead (S35, S39)."""

    model_config = ConfigDict(alias_generator=None)

    mac_address: str = ""
    device_id: str = ""
    secret: str = ""
    instruction_ref: Ref | None = None


_TOM: dict[str, JsonValue] = {
    "mac_address": "D5:6E:FB:B7:B8:C5",
    "device_id": "tYV249c8NA8u",
    "secret": "my name is tom",
}


class V2Trigger(Credentials, Sent, json_schema_extra={"examples": [_TOM]}):
    """What `/v2/trigger` takes."""


class V2Level(Credentials, SentLevel, json_schema_extra={"examples": [_TOM | {"level": 5}]}):
    """What `/v2/level` takes."""


class SecondGeneration(Controller):
    """Credentials in a form, in JSON or in headers, each field wherever it suits the device."""

    path = "/v2"
    tags = ("Device",)

    @post(
        "/trigger",
        operation_id="TriggerV2",
        opt=OWN_CREDENTIALS | GUESSED_AT | COUNTS_ITSELF | {"own_errors": True, "body": V2Trigger},
        responses=V2_ANSWERS,
    )
    async def trigger(self, request: ApiRequest, parts: NamedDependency[SkipValidation[Parts]]) -> Response[bytes]:
        """Re-order the item that the device is paired to (S29)."""
        return await _answered(request, parts, Sent)

    @post(
        "/level",
        operation_id="LevelV2",
        opt=OWN_CREDENTIALS | GUESSED_AT | COUNTS_ITSELF | {"own_errors": True, "body": V2Level},
        responses=V2_ANSWERS,
    )
    async def level(self, request: ApiRequest, parts: NamedDependency[SkipValidation[Parts]]) -> Response[bytes]:
        """Tell how much there is of a tracked item (S54): one of level, percent, used, added, low."""
        return await _answered(request, parts, SentLevel)


async def _answered(request: ApiRequest, parts: Parts, model: type[Sent]) -> Response[bytes]:
    check_address(request)
    fields = await fields_of(request)
    credentials = _credentials(request, fields)
    caller = await _caller(parts, credentials, address_of(request))
    parts.calls.by(request.scope, caller.kind, str(caller))
    concerns(device=str(caller.uuid))
    sent = checked(model, fields)
    route, ref = f"POST {request.scope['path_template']}", credentials.instruction_ref
    await report(parts, caller, Call(route, sent, ref, "instruction_ref", key_of(request)))
    return v2_done()


def _credentials(request: ApiRequest, fields: dict[str, object]) -> Credentials:
    """What is in the headers or in the body, and is taken out of that; raises Invalid (S37)."""
    given: dict[str, object] = {}
    for name, field in Credentials.model_fields.items():
        in_header, in_body = header_of(request, name), fields.pop(name, "")
        if in_body in ("", field.default):
            in_body = in_header
        if in_header not in (None, in_body):
            raise Invalid({name: ["The body and the header differ."]})
        if in_body is not None:
            given[name] = in_body
    if not given.keys() >= {"mac_address", "device_id", "secret"}:
        raise Invalid({}, MISSING)
    return checked(Credentials, given)


async def _caller(parts: Parts, given: Credentials, address: str) -> Principal:
    device = await device_by_credentials(parts, given.mac_address, given.device_id, given.secret, address)
    if device is None:
        raise NotAuthenticated(WRONG)
    return Principal("device", device.uuid, device.account)
