"""Composition root of the HTTP side: settings to parts to application to server."""

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from types import FrameType

import uvicorn
from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException

import logs
import tracing
from api import openapi, requests
from api.addresses import AddressesController
from api.answers import provide_one_answer
from api.auth import AuthController
from api.catalogue import CatalogueController
from api.connections import ConnectionsController
from api.decisions import DecisionsController
from api.decoding import BODY_LIMIT, ApiRequest
from api.desk import Desk
from api.devices import DevicesController
from api.envelope import Answer, provide_paging
from api.etags import provide_seen, provide_unchanged
from api.facts import FactsController
from api.fleets import FleetsController
from api.fridge_commands import FridgeCommandsController
from api.fridge_notifications import FridgeNotificationsController
from api.fridge_records import FridgeRecordsController
from api.fridge_wire import FridgeWireController
from api.fridges import FridgesController
from api.groups import GroupsController
from api.health import HealthController
from api.history import HistoryController
from api.hooks import HooksController
from api.instructions import InstructionsController
from api.items import ItemsController
from api.keys import KeysController
from api.landing import LandingController
from api.metrics import RequestMetrics
from api.notices import NoticesController
from api.options import tell_methods
from api.orders import OrdersController
from api.outbox import OutboxController
from api.outlook import OutlookController
from api.parts import Parts, provide_parts
from api.payment_methods import PaymentMethodsController
from api.principals import Authentication, check_access, provide_principal
from api.product_tags import ProductTagsController
from api.products import ProductsController
from api.rates import CallLimits, Calls
from api.records import RecordsController
from api.recovery import RecoveryController
from api.retailer_orders import CallbacksController, RetailerOrdersController
from api.retailers import RetailersController
from api.rule_trials import RuleTrialsController
from api.rule_versions import RuleVersionsController
from api.rules import RulesController
from api.shapes import answer_error
from api.spans import with_spans
from api.stripe_events import StripeEventsController
from api.users import UsersController
from api.v1 import FirstGeneration
from api.v2 import SecondGeneration
from api.waiting import Waiting
from api.webhooks import WebhooksController
from billing.providers import event_reader, offered
from connection import connect, meter
from domain.errors import LarderError
from failpoints import Failpoints
from settings import Settings
from storage.database import open_database
from storage.secrets import Secrets

CONTROLLERS = (
    HealthController,
    UsersController,
    AuthController,
    RecoveryController,
    AddressesController,
    PaymentMethodsController,
    StripeEventsController,
    KeysController,
    DevicesController,
    RetailersController,
    CatalogueController,
    FirstGeneration,
    SecondGeneration,
    FactsController,
    ProductsController,
    ProductTagsController,
    ItemsController,
    GroupsController,
    RecordsController,
    DecisionsController,
    OutlookController,
    HistoryController,
    InstructionsController,
    RuleTrialsController,
    RulesController,
    RuleVersionsController,
    OrdersController,
    NoticesController,
    WebhooksController,
    OutboxController,
    LandingController,
    RetailerOrdersController,
    CallbacksController,
    FleetsController,
    FridgesController,
    FridgeCommandsController,
    FridgeRecordsController,
    FridgeNotificationsController,
    FridgeWireController,
    ConnectionsController,
    HooksController,
)
GRACE = 10  # seconds that requests have to finish after SIGTERM


def create_app(settings: Settings, *, parts: Parts | None = None) -> Litestar:
    """The application; without `parts` it opens database and Temporal connection with its lifespan."""
    app = Litestar(
        route_handlers=list(CONTROLLERS),
        lifespan=[_with(nullcontext(parts) if parts is not None else _opened(settings))],
        dependencies={
            "parts": Provide(provide_parts, sync_to_thread=False),
            "principal": Provide(provide_principal, sync_to_thread=False),
            "one_answer": Provide(provide_one_answer, sync_to_thread=False),
            "paging": Provide(provide_paging, sync_to_thread=False),
            "seen": Provide(provide_seen, sync_to_thread=False),
            "unchanged": Provide(provide_unchanged, sync_to_thread=False),
        },
        middleware=[Authentication(), CallLimits()],
        guards=[check_access],
        before_send=[tell_methods],
        exception_handlers={HTTPException: answer_error, LarderError: answer_error, Exception: answer_error},
        request_class=ApiRequest,
        response_class=Answer,
        response_headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        request_max_body_size=BODY_LIMIT,
        openapi_config=openapi.config(),
        plugins=[openapi.Models()],
        logging_config=None,
    )
    openapi.complete(app)
    # outside of routing, so that unknown addresses are logged and numbered too
    app.asgi_handler = with_spans(requests.RequestLog(RequestMetrics(app.asgi_handler, meter(settings))))
    return app


def _with(parts: AbstractAsyncContextManager[Parts]) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with parts as app.state["parts"]:
            yield

    return lifespan


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Parts]:
    failpoints = Failpoints(settings.failpoints)
    db = open_database(settings.database_url, failpoints)
    try:
        yield Parts(
            db=db,
            desk=Desk(await connect(settings, for_api=True), db, failpoints=failpoints),
            secrets=Secrets(settings.instance_key.get_secret_value()),
            allow_nets=settings.allow_nets,
            calls=Calls(
                per_device=settings.device_calls_per_minute,
                per_user=settings.user_calls_per_hour,
                per_address=settings.address_calls_per_minute,
            ),
            mail_is_sent=settings.smtp_url is not None,
            public_url=settings.public_url,
            sandbox_host=settings.sandbox_host,
            providers=offered(settings.stripe_key),
            read_stripe_event=event_reader(settings.stripe_webhook_secret),
        )
    finally:
        await db.dispose()


class _Server(uvicorn.Server):
    """Lets the fridges go that wait for a command, before it waits for what is being served."""

    def __init__(self, config: uvicorn.Config, waiting: Waiting) -> None:
        super().__init__(config)
        self._waiting = waiting

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._waiting.end()
        super().handle_exit(sig, frame)


async def serve(settings: Settings) -> None:
    """Listen until SIGINT or SIGTERM, then finish the requests that are being served.

    SettingsError when `TEMPORAL_*` cannot be understood; a Temporal or a database that is away is no obstacle.
    """
    logs.configure()
    tracing.start("api")
    # Not left to the application's lifespan: uvicorn would log its failure and return as if all were well.
    async with _opened(settings) as parts:
        config = uvicorn.Config(
            create_app(settings, parts=parts),
            host=settings.host,
            port=settings.port,
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
            timeout_graceful_shutdown=GRACE,
            lifespan="on",
        )
        # uvicorn raises the signal again when it has finished, which must not end us before the rest is closed
        signal.signal(signal.SIGTERM, lambda *_: None)
        try:
            await _Server(config, parts.waiting).serve()
        finally:
            await tracing.stop()
