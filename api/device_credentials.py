"""The credentials of `/v2` (S35): MAC address, device id and the secret that a person chose."""

from pydantic import TypeAdapter, ValidationError

from api.bodies import MacAddress
from api.parts import Parts
from storage import devices
from storage.tables import Device

_mac_address = TypeAdapter(MacAddress)


async def device_by_credentials(parts: Parts, mac_address: str, device_id: str, secret: str) -> Device | None:
    """The device, or None when any of the three is wrong; which one, neither the answer nor its time tells (S38)."""
    async with parts.db.reading() as session:
        found = await devices.by_device_id(session, device_id) if device_id.isalnum() else None
    if found is not None and found.mac_address != _normal(mac_address):
        found = None
    # the stored hash is part of the proof: a changed secret makes the old proof worthless
    proof = "" if found is None else parts.secrets.keyed_hash(f"{found.uuid}\n{found.secret_hash}\n{secret}")
    if found is not None and parts.remembered.has(proof):
        return found
    if not await parts.passwords.matches(None if found is None else found.secret_hash, secret):
        return None
    parts.remembered.add(proof)
    return found


def _normal(mac_address: str) -> str | None:
    try:
        return _mac_address.validate_python(mac_address)
    except ValidationError:
        return None
