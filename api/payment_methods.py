"""How an account pays for its orders (S7, S51): a name and a provider's token, never a card number."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Name, Text
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import Principal
from domain.cards import holds_card_number
from domain.errors import Invalid
from storage import people
from storage.choices import payment_methods
from storage.tables import PaymentMethod

Provider = Literal["on-account", "stripe"]


def _no_card_number(text: str) -> str:
    if holds_card_number(text):
        sentence = "This looks like a card number, which Larder must never see: send the token of your provider."
        raise PydanticCustomError("refused", "{sentence}", {"sentence": sentence})
    return text


MethodName = Annotated[Name, AfterValidator(_no_card_number), Field(examples=["The blue card"])]
ProviderToken = Annotated[
    Text, Field(min_length=1, max_length=255, examples=["pm_1Q0PsIJvEtkwdCNYMSaVuRz6"]), AfterValidator(_no_card_number)
]


class NewPaymentMethod(Body, json_schema_extra={"examples": [{"provider": "on-account", "name": "By invoice"}]}):
    """A way to pay; `token` is a payment method of Stripe, `pm_...`, for `stripe` alone. The first is the default."""

    provider: Provider
    name: MethodName
    token: Annotated[ProviderToken | None, Field(validate_default=True)] = None
    default: bool = False

    @field_validator("token")
    @classmethod
    def _fits_the_provider(cls, token: str | None, known: ValidationInfo) -> str | None:
        match known.data.get("provider"):
            case "on-account" if token is not None:
                raise PydanticCustomError("refused", "Who pays on account has no token.")
            case "stripe" if token is None or not (token.startswith("pm_") and token[3:].isalnum() and token.isascii()):
                raise PydanticCustomError("refused", "Stripe needs a payment method of its own, such as pm_1Q0PsI.")
        return token


class PaymentMethodChanges(Body, json_schema_extra={"examples": [{"name": "By invoice, monthly", "default": True}]}):
    """What may be changed; what is left out stays. Another token is another payment method."""

    name: Annotated[MethodName | None, NOT_NULL] = None
    default: Annotated[bool | None, NOT_NULL] = None


class PaymentMethodShown(Shown):
    """A way to pay; orders are charged to the default one, by its token, which nobody sees again."""

    uuid: UUID
    provider: str
    name: str
    default: bool
    created_at: When
    updated_at: When


class PaymentMethodsController(Controller):
    """How orders are paid for; an account without any pays on account."""

    path = "/payment-methods"
    tags = ("Identity",)

    @post(operation_id="AddPaymentMethod")
    async def add(
        self,
        data: JSONBody[NewPaymentMethod],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[PaymentMethodShown]]:
        """Add a payment method; made the default, it takes the place of the one before."""
        if data.provider not in parts.providers:
            raise Invalid({"provider": [f"Nobody has set up {data.provider} here."]})

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[PaymentMethodShown]:
            now = datetime.now(UTC)
            if data.token is not None and await people.is_sandbox(session, principal.household):
                raise Invalid({"token": ["The sandbox charges nobody, so it takes no card."]})
            row = {"provider": data.provider, "name": data.name, "is_default": data.default, "uuid": uuid}
            row |= {"account": principal.household, "created_at": now, "updated_at": now}
            row |= {"token": None if data.token is None else parts.secrets.seal(data.token)}
            return Envelope(message="Payment method created.", data=_shown(await payment_methods.add(session, row)))

        return await one_answer.in_transaction(data, make)

    @get(operation_id="ListPaymentMethods")
    async def list_payment_methods(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[PaymentMethodShown]:
        """The account's payment methods, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            rows = await payment_methods.page(session, principal.household, before, paging.limit)
        return paging.listing("Payment methods.", rows, _shown, lambda method: (method.uuid,))

    @get("/{uuid:uuid}", operation_id="GetPaymentMethod")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[PaymentMethodShown]:
        """One payment method."""
        async with parts.db.reading() as session:
            method = await payment_methods.get(session, principal.household, uuid)
        return Envelope(message="Payment method.", data=_shown(method))

    @patch("/{uuid:uuid}", operation_id="ChangePaymentMethod")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[PaymentMethodChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[PaymentMethodShown]:
        """Rename a payment method, or make it the default; what is being charged already is charged as it began."""
        changes = data.model_dump(exclude_unset=True)
        if "default" in changes:
            changes["is_default"] = changes.pop("default")
        async with parts.db.writing() as session:
            method = await payment_methods.change(session, principal.household, uuid, changes, datetime.now(UTC))
        return Envelope(message="Payment method updated.", data=_shown(method))

    @delete("/{uuid:uuid}", operation_id="DeletePaymentMethod", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """Delete a payment method and its token; if it was the default, the newest one that remains is."""
        async with parts.db.writing() as session:
            await payment_methods.delete(session, principal.household, uuid, datetime.now(UTC))
        return Envelope(message="Payment method deleted.", data=None)


def _shown(method: PaymentMethod) -> PaymentMethodShown:
    return PaymentMethodShown(
        uuid=method.uuid,
        provider=method.provider,
        name=method.name,
        default=method.is_default,
        created_at=method.created_at,
        updated_at=method.updated_at,
    )
