"""Whether the database takes writes and gives them back, for `/readyz`."""

from datetime import UTC, datetime

from domain.identity import new_uuid
from storage import answers
from storage.database import Database


async def write_and_read(db: Database) -> bool:
    """Write a row, read it and take it away again, in one committed transaction; raises Unavailable."""
    probe = answers.Once(principal="probe", route="GET /readyz", key=str(new_uuid()))
    async with db.writing() as session:
        now = datetime.now(UTC)
        first = await answers.reserve(session, probe, "", new_uuid(), now)
        repeat = await answers.reserve(session, probe, "", new_uuid(), now)
        await answers.forget(session, probe)
    return first is None and repeat is not None
