"""Handing a command to the cloud that its fridge is in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.telling import FridgeTeller
from domain.clouds import PostCommand
from domain.fridges import CommandSlug, CommandStatus, CommandWord, Notification, NotificationType
from outside.eatmachine import Accepted, Declined, EatMachine, TryAgain
from storage import connections
from storage.connections import ToPost
from storage.database import Database
from storage.secrets import Secrets

_DELETED = Declined("The connection to this fridge's cloud was deleted.")


@dataclass(frozen=True)
class Clouds:
    """Everything that other clouds are asked for."""

    db: Database
    teller: FridgeTeller
    cloud: EatMachine
    secrets: Secrets

    @activity.defn
    async def post_command(self, brief: PostCommand) -> str:
        """Post it until it is taken, declined or too old; the answer says which. Fails, to be retried, until then.

        An attempt whose worker dies is made again: the other cloud knows it by our uuid, its `Idempotency-Key`.
        """
        async with self.db.reading() as session:
            posted = await connections.to_post(session, brief.command)
        if posted is None or not posted.is_open(datetime.now(UTC)):
            return "Nothing is left to post."
        async with self.db.writing() as session:
            await connections.begins_to_post(session, posted, datetime.now(UTC))
        match await self._outcome(posted):
            case Accepted(uuid=uuid):
                if uuid is not None:
                    async with self.db.writing() as session:
                        await connections.accepted(session, posted, uuid)
                return "The other cloud has taken it."
            case Declined(reason=reason):
                await self._fail(posted, reason)
                return reason
            case TryAgain(reason=reason, after=after):
                raise ApplicationError(
                    reason, type="TryAgain", next_retry_delay=_soon(after), category=ApplicationErrorCategory.BENIGN
                )

    async def _outcome(self, posted: ToPost) -> Accepted | Declined | TryAgain:
        connection, command, remote = posted.connection, posted.command, posted.fridge.remote_uuid
        if connection.deleted_at is not None or remote is None:
            return _DELETED
        key = self.secrets.open(connection.api_key)
        return await self.cloud.command(connection.base_url, key, remote, CommandSlug(command.slug), command.uuid)

    async def _fail(self, posted: ToPost, reason: str) -> None:
        now = datetime.now(UTC)
        word = CommandWord(uuid=posted.command.uuid, status=CommandStatus.FAILED, message=reason)
        told = Notification(
            id=f"declined:{posted.command.uuid}",
            type=NotificationType.ACK,
            command=word,
            observed_at=now,
            received_at=now,
        )
        await self.teller.tell(posted.fridge.account, posted.fridge.uuid, [told])


def _soon(after: timedelta | None) -> timedelta | None:
    """A command lives for a minute, so nobody is waited for as long as they ask."""
    return None if after is None else min(after, timedelta(seconds=10))
