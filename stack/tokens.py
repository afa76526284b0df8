"""A token for a user, made by the operator."""

import asyncio
from datetime import UTC, datetime

from domain.errors import NotFound
from domain.identity import Environment
from settings import Settings
from storage import people, tokens
from storage.database import open_database
from storage.secrets import Secrets


def issue_for_email(settings: Settings, email: str, environment: Environment = "live") -> str:
    """A token without an end for the user with this address; raises `NotFound`. A logout with it ends it."""
    return asyncio.run(_issue(settings, email, environment))


async def _issue(settings: Settings, email: str, environment: Environment) -> str:
    db = open_database(settings.database_url)
    try:
        async with db.writing() as session:
            user = await people.by_email(session, email)
            if user is None:
                raise NotFound(f"Nobody has signed up as {email}.")
            secrets = Secrets(settings.instance_key.get_secret_value())
            now = datetime.now(UTC)
            subject = (await people.in_environment(session, user.uuid, environment, now)).uuid
            return tokens.issue(session, secrets, kind="user", prefix=f"ut_{environment}", subject=subject, now=now)
    finally:
        await db.dispose()
