"""The life of one letter: written once, and offered to the mail server until it takes it or its time is over."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.mailing import Mailing
    from domain.mail import GivenUp, MailBrief, Posting
    from workflows.patience import briefly, for_the_mail_server


@workflow.defn
class MailWorkflow:
    """One letter to one account; fails, in words, when the mail server does not take it."""

    @workflow.run
    async def run(self, brief: MailBrief) -> Posting:
        """Write it, then send it or leave it in the outbox."""
        if not await workflow.execute_activity_method(Mailing.write, brief, **briefly("Write the letter")):
            return Posting.NOBODY
        workflow.set_current_details(f"**written** · {brief.summary}")
        try:
            posting = await workflow.execute_activity_method(
                Mailing.send, brief, **for_the_mail_server("Hand it to the mail server", within=brief.makes_sense_for)
            )
        except ActivityError as failure:
            why = _why(failure)
            await workflow.execute_activity_method(
                Mailing.give_up, GivenUp(mail=brief.mail, why=why), **briefly("Write down why it was not sent")
            )
            workflow.set_current_details(f"**failed** · {brief.summary} · {why}")
            raise ApplicationError(why, type="MailFailed") from failure
        workflow.set_current_details(f"**{posting}** · {brief.summary}")
        return posting


def _why(failure: ActivityError) -> str:
    cause: BaseException = failure
    while isinstance(cause, FailureError) and cause.cause is not None:
        cause = cause.cause
    words = cause.message if isinstance(cause, FailureError) else str(cause)
    final = isinstance(cause, ApplicationError) and cause.non_retryable
    return words if final else f"Not sent in time. {words}"
