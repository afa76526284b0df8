"""Codes that come by mail: one says that the address is the user's own, the other lets them choose a new password."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation
from pydantic import Field

from api.bodies import Body, Email, Nothing, Text
from api.decoding import ApiRequest
from api.envelope import Envelope
from api.guessing import address_of, asking_for_letters, at_a_code, letters_to
from api.parts import Parts
from api.principals import GUESSED_AT, OWN_CREDENTIALS, Principal
from api.users import Password
from domain.errors import Conflict, NotAuthenticated
from domain.identity import new_uuid
from domain.mail import MailBrief, MailKind
from storage import guesses, people, tokens
from storage.guesses import TooManyAttempts

WRONG = "This code is unknown, was used, or is too old."

MailedCode = Annotated[Text, Field(min_length=1, max_length=200, examples=["ct_0a1B2c3D_…"])]


class Confirmation(Body, json_schema_extra={"examples": [{"code": "ct_0a1B2c3D"}]}):
    """The code of a letter."""

    code: MailedCode


class Forgotten(Body, json_schema_extra={"examples": [{"email": "ada@example.com"}]}):
    """Whose password is forgotten."""

    email: Email


class NewPassword(Body, json_schema_extra={"examples": [{"code": "rt_0a1B2c3D", "password": "horse battery staple"}]}):
    """The code of a letter, and the password that counts from now on."""

    code: MailedCode
    password: Password


class RecoveryController(Controller):
    """What is proved by a letter."""

    path = "/auth"
    tags = ("Identity",)

    @post("/confirmation", operation_id="SendConfirmation", opt=GUESSED_AT, status_code=200)
    async def send_confirmation(
        self,
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """Send the letter that confirms the address once more; at most three letters an hour go to an address."""
        async with parts.db.writing() as session:
            user = await people.get(session, principal.household)
            if user.live is not None:
                raise Conflict("An address is confirmed for the live account: log in to that.")
            if user.confirmed_at is not None:
                raise Conflict("This address is confirmed already.")
            await guesses.count(session, [letters_to(parts.secrets, user.email)], [], datetime.now(UTC))
        await parts.desk.mail(MailBrief(mail=new_uuid(), kind=MailKind.CONFIRM_EMAIL, account=user.uuid))
        return Envelope(message="Letter sent.", data=None)

    @post("/confirm", operation_id="ConfirmEmail", opt=OWN_CREDENTIALS | GUESSED_AT, status_code=200)
    async def confirm(
        self, data: JSONBody[Confirmation], request: ApiRequest, parts: NamedDependency[SkipValidation[Parts]]
    ) -> Envelope[None]:
        """Confirm an address with the code that was sent to it; a code works once."""
        guess, now = at_a_code(parts.secrets, data.code, address_of(request)), datetime.now(UTC)
        await guess.check(parts.db)
        async with parts.db.writing() as session:
            account = await tokens.spend(session, parts.secrets, data.code, tokens.CONFIRM, now)
            if account is not None:
                await people.confirm(session, account, now)
        if account is None:
            await guess.was_wrong(parts.db)
            raise NotAuthenticated(WRONG)
        return Envelope(message="Address confirmed.", data=None)

    @post("/reset", operation_id="RequestReset", opt=OWN_CREDENTIALS | GUESSED_AT, status_code=200)
    async def reset(
        self, data: JSONBody[Forgotten], request: ApiRequest, parts: NamedDependency[SkipValidation[Parts]]
    ) -> Envelope[None]:
        """Ask for a letter with a code for a new password; the answer is the same whether there is an account or not.

        At most three letters an hour go to an address; beyond that the answer is the same, too.
        """
        now, asking = datetime.now(UTC), asking_for_letters(parts.secrets, address_of(request))
        async with parts.db.writing() as session:
            await guesses.count(session, [asking], [], now)
            user = await people.by_email(session, data.email)
            try:
                await guesses.count(session, [letters_to(parts.secrets, data.email)], [], now)
                is_sent = True
            except TooManyAttempts:
                is_sent = False
        if is_sent:
            # a letter to nobody goes the same way as far as it can, or the time would tell who has an account
            account = new_uuid() if user is None else user.uuid
            await parts.desk.mail(MailBrief(mail=new_uuid(), kind=MailKind.RESET_PASSWORD, account=account))
        return Envelope(message="If there is an account with this address, a letter is on its way.", data=None)

    @post("/password", operation_id="SetPassword", opt=OWN_CREDENTIALS | GUESSED_AT, status_code=200)
    async def set_password(
        self, data: JSONBody[NewPassword], request: ApiRequest, parts: NamedDependency[SkipValidation[Parts]]
    ) -> Envelope[None]:
        """Choose a new password with the code of a letter; every login of the account and its sandbox ends."""
        guess = at_a_code(parts.secrets, data.code, address_of(request))
        await guess.check(parts.db)
        password_hash, now = await parts.passwords.hash(data.password), datetime.now(UTC)
        async with parts.db.writing() as session:
            account = await tokens.spend(session, parts.secrets, data.code, tokens.RESET, now)
            if account is not None:
                await people.set_password(session, account, password_hash, now)
                await people.confirm(session, account, now)
                await tokens.end_logins(session, account, now)
        if account is None:
            await guess.was_wrong(parts.db)
            raise NotAuthenticated(WRONG)
        return Envelope(message="Password changed. Log in with it.", data=None)
