"""Sign-up: an account for anybody, at nobody's permission (S1)."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import Body, Email, Name, Text
from api.envelope import Envelope, Price, Quantity, Shown, When
from api.guessing import letters_to
from api.parts import Parts
from api.principals import OWN_CREDENTIALS
from domain.errors import Unavailable
from domain.identity import Environment, new_uuid
from domain.mail import MailBrief, MailKind
from storage import guesses, people
from storage.tables import User

Password = Annotated[Text, Field(min_length=8, max_length=1000, examples=["correct horse battery"])]


_ADA = {"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"}


class SignUp(Body, json_schema_extra={"examples": [_ADA]}):
    """Who wants an account."""

    email: Email
    password: Password
    name: Name


class UserShown(Shown):
    """An account as its owner sees it; `environment` is `test` for a sandbox, whose orders reach nobody (S65)."""

    uuid: UUID
    email: str
    name: str
    environment: Environment
    time_zone: str
    currency: str
    ask_above: Price | None
    price_tolerance: Quantity | None
    money_per_day: Price | None
    money_per_month: Price | None
    orders_per_item_and_day: int | None
    paused_until: When | None
    confirmed_at: When | None
    created_at: When
    updated_at: When

    @classmethod
    def of(cls, user: User) -> "UserShown":
        """From its row."""
        return cls.model_validate(user, from_attributes=True)


class UsersController(Controller):
    """Accounts."""

    path = "/users"
    tags = ("Identity",)

    @post(operation_id="SignUp", opt=OWN_CREDENTIALS)
    async def sign_up(
        self,
        data: JSONBody[SignUp],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[UserShown]]:
        """Open an account; the address must not have one already (409). A letter with a code to confirm it follows.

        With it comes a sandbox for trying things out (S65): another account with the same address and password, whose
        orders reach nobody. `POST /keys` makes keys for it, and a login at the sandbox's host name is one to it.
        """
        password_hash, made = await parts.passwords.hash(data.password), list[UUID]()

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[UserShown]:
            now = datetime.now(UTC)
            user = await people.add(
                session,
                {
                    "uuid": uuid,
                    "email": data.email,
                    "name": data.name,
                    "password_hash": password_hash,
                    "time_zone": "UTC",
                    "currency": "EUR",
                    "created_at": now,
                    "updated_at": now,
                },
            )
            await guesses.count(session, [], [letters_to(parts.secrets, user.email)], now)
            made.append(uuid)
            return Envelope(message="User created.", data=UserShown.of(user))

        answer = await one_answer.in_transaction(data, make)
        for account in made:
            with suppress(Unavailable):  # the account is there, and the letter can be asked for again
                await parts.desk.mail(MailBrief(mail=new_uuid(), kind=MailKind.CONFIRM_EMAIL, account=account))
        return answer
