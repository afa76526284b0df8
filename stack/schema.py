"""The tables of the database: whether they are those of this version, and making them so."""

from domain.errors import Unavailable
from settings import Settings
from stack.checks import Finding
from stack.halt import Halt
from storage.migrate import at_head, upgrade


def migrate(settings: Settings) -> None:
    """Bring the database to this version.

    Raises Halt when it cannot be used, DatabaseTooNew when a newer version has been there.
    """
    try:
        upgrade(settings.database_url)
    except Unavailable as away:
        raise Halt(_unusable(settings, away).told) from away


def look(settings: Settings) -> Finding:
    """Whether the database answers and has the tables of this version."""
    try:
        current = at_head(settings.database_url)
    except Unavailable as away:
        return _unusable(settings, away)
    if current:
        return Finding("database", "The database has the tables of this version.")
    return Finding("database", "The database lacks the tables of this version; larder up makes them when it starts.")


def _unusable(settings: Settings, away: Exception) -> Finding:
    cause: object = away.__cause__ or away
    reason = str(getattr(cause, "orig", None) or cause).splitlines() or [type(cause).__name__]
    if settings.database_url.startswith("sqlite"):
        remedy = f"make room and get write access in {settings.home}, or correct LARDER_DATABASE_URL."
    else:
        remedy = "start PostgreSQL, or correct LARDER_DATABASE_URL."
    return Finding("database", f"The database cannot be used ({reason[0]}).", remedy)
