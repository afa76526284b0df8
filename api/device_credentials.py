"""The credentials of `/v2` (S35): MAC address, device id and the secret that a person chose."""

from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

from api.bodies import MacAddress
from api.guessing import at_a_device_secret
from api.parts import Parts
from storage import devices, guesses
from storage.tables import Device

_mac_address = TypeAdapter(MacAddress)


async def device_by_credentials(
    parts: Parts, mac_address: str, device_id: str, secret: str, address: str
) -> Device | None:
    """The device, or None when any of the three is wrong; which one, neither the answer nor its time tells (S38).

    Raises TooManyAttempts after ten wrong ones for that device from that address, and then for a right one too.
    """
    guess = at_a_device_secret(parts.secrets, device_id, address)
    async with parts.db.reading() as session:
        await guesses.check(session, guess.limits, datetime.now(UTC))
        found = await devices.by_device_id(session, device_id) if device_id.isalnum() else None
    if found is not None and found.mac_address != _normal(mac_address):
        found = None
    # the stored hash is part of the proof: a changed secret makes the old proof worthless
    subject = "nobody" if found is None else f"{found.uuid}\n{found.secret_hash}"
    proof = parts.secrets.keyed_hash(f"{subject}\n{secret}")
    key = guess.limits[0].key
    if not parts.turns.is_taken(key) and parts.remembered.has(proof):
        return found
    async with parts.turns.of(key):
        await guess.check(parts.db)
        if parts.remembered.has(proof):
            return found
        parts.calls.from_address(address)  # who has proved lately who they are never gets here
        if not await parts.passwords.matches(None if found is None else found.secret_hash, secret):
            await guess.was_wrong(parts.db)
            return None
        parts.remembered.add(proof)
        return found


def _normal(mac_address: str) -> str | None:
    try:
        return _mac_address.validate_python(mac_address)
    except ValidationError:
        return None
