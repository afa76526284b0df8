"""Which driver errors mean that the database is away, and which are faults of the program."""

import sqlite3

from sqlalchemy import ExceptionContext

from domain.errors import Unavailable

# https://sqlite.org/rescode.html, primary codes
SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html, classes and single codes
POSTGRESQL_AWAY = (
    "08",  # connection
    "53",  # disk full, out of memory, too many connections
    "57",  # shutting down, starting up, crashed, statement cancelled
    "58",  # input and output
    "25P03",  # waited too long within a transaction
    "40001",  # serialization failure
    "40P01",  # deadlock
    "55P03",  # lock not available
)


def report_away(context: ExceptionContext) -> Unavailable | None:
    """What SQLAlchemy shall raise instead of the driver's error: Unavailable, or None to leave it as it is."""
    error = context.original_exception
    # a cancelled statement counts as a disconnect for SQLAlchemy, but is not an `Exception`
    if isinstance(error, Exception) and (context.is_disconnect or _is_away(error)):
        return Unavailable("The database cannot answer at the moment.")
    return None


def _is_away(error: Exception) -> bool:
    match error:
        case sqlite3.Error():
            return getattr(error, "sqlite_errorcode", 0) & 0xFF in SQLITE_AWAY
        case OSError():
            return True  # a timeout of asyncpg, or the network
        case _:
            return str(getattr(error, "sqlstate", None)).startswith(POSTGRESQL_AWAY)
