"""Login for a short-lived key, logout, and who am I (S68, S69)."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import available_timezones

from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation
from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.bodies import NOT_NULL, Body, Currency, Moment, Money, Name, Nothing, Percent, Text, Whole, Written
from api.decoding import ApiRequest
from api.envelope import Envelope
from api.etags import Seen, Unchanged
from api.guessing import address_of, at_a_password, place
from api.parts import Parts
from api.principals import GUESSED_AT, OWN_CREDENTIALS, Principal
from api.sandbox import is_sandbox_host
from api.users import UserShown
from domain.errors import NotAuthenticated
from domain.identity import Environment
from storage import guesses, items, people, tokens

TOKEN_LIFE = timedelta(minutes=60)


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("refused", "This value is not a time zone, such as Europe/Berlin.")
    return name


TimeZone = Annotated[
    str,
    Field(max_length=64, examples=["Europe/Berlin"]),
    AfterValidator(_known_zone),
    Written("format", "time-zone"),
]


_ADA = {"username": "ada@example.com", "password": "correct horse battery"}


class Login(Body, json_schema_extra={"examples": [_ADA]}):
    """A user's credentials; `username` is the email address."""

    username: Annotated[Text, Field(max_length=254, examples=["restaurateur@example.com"])]
    password: Annotated[Text, Field(max_length=1000, examples=["pass1234"])]


class ShortLivedToken(BaseModel):
    """A key for an hour, used as `Authorization: Bearer …` (S69); not wrapped in an envelope."""

    token: str


OrdersADay = Annotated[
    Whole,
    Field(ge=1, le=1000),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 1000, "examples": [2]}),
]
_JUDGED_BY = frozenset(
    {"time_zone", "currency", "money_per_day", "money_per_month", "orders_per_item_and_day", "paused_until"}
)


class PersonalData(Body, json_schema_extra={"examples": [{"timeZone": "Europe/Berlin", "currency": "EUR"}]}):
    """What may be changed of an account; what is left out stays.

    An order of more than `askAbove`, or at a price that has risen by more than `priceTolerance` percent since it was
    last ordered or agreed on, waits for approval; `null` means never to ask for that. Rules spend no more than
    `moneyPerDay` and `moneyPerMonth` by themselves, order an item `ordersPerItemAndDay` times at most, and nothing
    before `pausedUntil`; `null` ends each of these guards. Days are the household's own.
    """

    name: Annotated[Name | None, NOT_NULL] = None
    time_zone: Annotated[TimeZone | None, NOT_NULL] = None
    currency: Annotated[Currency | None, NOT_NULL] = None
    ask_above: Money | None = None
    price_tolerance: Percent | None = None
    money_per_day: Money | None = None
    money_per_month: Money | None = None
    orders_per_item_and_day: OrdersADay | None = None
    paused_until: Moment | None = None

    @property
    def concerns_every_item(self) -> bool:
        """Whether what was judged before may have to be judged otherwise now."""
        return not self.model_fields_set.isdisjoint(_JUDGED_BY)


class AuthController(Controller):
    """The user behind the credentials."""

    path = "/auth"
    tags = ("Identity",)

    @post("/login", operation_id="Login", opt=OWN_CREDENTIALS | GUESSED_AT, status_code=200)
    async def login(
        self, data: JSONBody[Login], request: ApiRequest, parts: NamedDependency[SkipValidation[Parts]]
    ) -> ShortLivedToken:
        """Get a token for an hour; an unknown address and a wrong password are not told apart.

        At the sandbox's host name, if there is one (LARDER_SANDBOX_HOST), it is a token of the account's sandbox (S66).
        """
        name, address, now = data.username.lower(), address_of(request), datetime.now(UTC)
        here = place(parts.secrets, name, address)
        async with parts.db.reading() as session:
            guess = at_a_password(parts.secrets, name, address, known=await guesses.is_known(session, here, now))
            await guesses.check(session, guess.limits, now)
            user = await people.by_email(session, name)
        matches = await parts.passwords.matches(None if user is None else user.password_hash, data.password)
        if user is None or not matches:
            await guess.was_wrong(parts.db)
            raise NotAuthenticated("Email address or password do not match.")
        async with parts.db.writing() as session:
            now = datetime.now(UTC)
            # Again, since many guesses at once all pass the first time; a right one must not stand out among them.
            await guesses.check(session, guess.limits, now)
            await guesses.know(session, here, now)
            wanted: Environment = "test" if is_sandbox_host(request, parts.sandbox_host) else "live"
            account = await people.in_environment(session, user.uuid, wanted, now)
            token = tokens.issue(
                session,
                parts.secrets,
                kind="user",
                prefix=f"ut_{account.environment}",
                subject=account.uuid,
                now=now,
                lifetime=TOKEN_LIFE,
            )
        return ShortLivedToken(token=token)

    @post("/logout", operation_id="Logout", status_code=200)
    async def logout(
        self,
        data: JSONBody[Nothing],
        request: ApiRequest,
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """End the token that this call was made with, at once."""
        async with parts.db.writing() as session:
            await tokens.revoke(session, request.auth or "", datetime.now(UTC))
        return Envelope(message="Logged out.", data=None)

    @get("/me", operation_id="WhoAmI")
    async def who_am_i(
        self,
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[UserShown]]:
        """The account that the token belongs to."""
        async with parts.db.reading() as session:
            user = await people.get(session, principal.household)
        return seen.answer(Envelope(message="User.", data=UserShown.of(user)), user)

    @patch("/me", operation_id="ChangeMe")
    async def change_me(
        self,
        data: JSONBody[PersonalData],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[UserShown]]:
        """Change name, time zone, currency, when to be asked before an order, or the guards; what is left out stays.

        A changed guard is heeded at once: what it has held is judged again.
        """
        is_judged_anew = data.concerns_every_item and await _keeps_track(parts, principal)
        judged_anew = parts.desk.spread(principal.household) if is_judged_anew else nullcontext()
        async with judged_anew, parts.db.writing() as session:
            user = await people.get(session, principal.household, to_change=True)
            unchanged.check(user)
            for field, value in data.model_dump(exclude_unset=True).items():
                setattr(user, field, value)
            user.updated_at = datetime.now(UTC)
        return unchanged.answer(Envelope(message="User updated.", data=UserShown.of(user)), user)


async def _keeps_track(parts: Parts, principal: Principal) -> bool:
    """Without items there is nothing to judge, and identity needs nobody but the database (S6)."""
    async with parts.db.reading() as session:
        return await items.has_any(session, principal.household)
