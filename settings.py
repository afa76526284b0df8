"""What the operator decides: `LARDER_*`, read once and validated before anything starts."""

import os
import re
import secrets
from difflib import get_close_matches
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
TEMPORAL_UI_ABOVE = 1000

_PREFIX = "LARDER_"
_SECRET_FIELDS = {"database_url", "instance_key", "smtp_url", "stripe_key", "stripe_webhook_secret"}
_SHORTEST_KEY = 32
_LAST_PORT = 65535
_LAST_TEMPORAL_PORT = _LAST_PORT - TEMPORAL_UI_ABOVE
_LAST_METRICS_PORT = _LAST_PORT - 1
_MOST_CALLS = 1_000_000
_OF_CALLERS = {"url", "token"}  # what `larder rules` calls a Larder with, no settings of one
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked through, not listened on
_TEMPORALS_OWN = re.compile(r"TEMPORAL_(ADDRESS|NAMESPACE|API_KEY|PROFILE|CONFIG_FILE|TLS(_.+)?|GRPC_META_.+)")


class SettingsError(Exception):
    """The environment says something that cannot be; `faults` holds one sentence for each fault."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _absolute(path: Path) -> Path:
    if "?" in str(path):  # it would begin the options of the SQLite URL
        raise ValueError("question mark in the path")
    return path.expanduser().absolute()


def _executable(path: Path | None) -> Path | None:
    if path is None:
        return None
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise ValueError("not executable")
    return path.absolute()


def _address_or_name(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", host):
            raise
        return host


def _address(host: str) -> str:
    return str(ip_address(host))


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _with_async_driver(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    match scheme:
        case "postgres" | "postgresql" | "postgresql+asyncpg" if separator:
            # libpq and hosting providers say sslmode where asyncpg says ssl, with the same values
            return f"postgresql+asyncpg://{re.sub(r'(?<=[?&])sslmode=', 'ssl=', rest)}"
        case "sqlite" | "sqlite+aiosqlite" if re.match(r"/[^:?]", rest):  # a file: API and worker are two processes
            return f"sqlite+aiosqlite://{rest}"
    raise ValueError("no database that Larder knows")


def _mail_server(url: SecretStr | None) -> SecretStr | None:
    if url is not None:
        parts = urlsplit(url.get_secret_value())
        # the port is read, and so checked, only here
        known = parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0
        if not known or bool(parts.username) != bool(parts.password) or parts.path.strip("/") or parts.query:
            raise ValueError("no mail server")
    return url


def _mailbox(text: str | None) -> str | None:
    if text is not None:
        message = EmailMessage(policy=SMTP)
        message["From"] = text  # refuses a line break
        header = message["From"]
        addresses = [address for address in header.addresses if address.username and "." in address.domain]
        if header.defects or len(addresses) != 1 or not addresses[0].addr_spec.isascii():
            raise ValueError("no mailbox")
    return text


def _place_of_links(url: str) -> str:
    parts = urlsplit(url)
    known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    if not known or not re.fullmatch(r"[!-~]+", url) or set(url) & set('@?#"<>\\'):
        raise ValueError("no place of a page")
    return url.rstrip("/")


def _host_name(host: str | None) -> str | None:
    if host is None:
        return None
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host.lower()):
        raise ValueError("no host name")
    return host.lower()


def _stripe_key(key: SecretStr | None) -> SecretStr | None:
    if key is not None and not re.fullmatch(r"[sr]k_[0-9A-Za-z_]{8,250}", key.get_secret_value()):
        raise ValueError("no secret key of Stripe")
    return key


def _stripe_webhook_secret(secret: SecretStr | None) -> SecretStr | None:
    if secret is not None and not re.fullmatch(r"whsec_[0-9A-Za-z+/=_-]{8,250}", secret.get_secret_value()):
        raise ValueError("no signing secret of Stripe")
    return secret


def _api_base(url: str) -> str:
    parts = urlsplit(url)
    # the key goes there, so in clear only to this machine
    in_clear = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    known = (parts.scheme == "https" or in_clear) and parts.hostname and parts.port != 0
    if not known or parts.username or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("no address of an API")
    return url.rstrip("/")


def address_of(host: str, port: int) -> str:
    """Where an API that listens there can be called from this machine."""
    host = _WILDCARDS.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _own_address(known: dict[str, Any]) -> str:
    return address_of(known["host"], known["port"])


def _database_in_home(known: dict[str, Any]) -> str:
    return f"sqlite+aiosqlite:///{known['home']}/larder.db"


def _key_in_home(known: dict[str, Any]) -> SecretStr:
    """The installation's own key, made by whoever comes first; later and simultaneous starts read the same one."""
    file: Path = known["home"] / "instance.key"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(secrets.token_urlsafe(48))
                out.flush()
                os.fsync(out.fileno())
            # unlike a rename, a link never replaces the key that a simultaneous start has just made
            file.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
    key = file.read_text().strip()
    if len(key) < _SHORTEST_KEY:
        raise SettingsError(
            f"The key in {file} is damaged: put it back from a backup, or set LARDER_INSTANCE_KEY to it."
        )
    return SecretStr(key)


class Settings(BaseSettings):
    """Everything an operator can set; the connection to a Temporal of one's own is set by `TEMPORAL_*`.

    The description of a field completes "it must be".
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, validate_default=True
    )

    home: Annotated[Path, AfterValidator(_absolute)] = Field(
        default=ROOT / ".larder",
        description="the path of a folder, without a question mark",
        examples=["/var/lib/larder"],
    )
    host: Annotated[str, AfterValidator(_address_or_name)] = Field(
        default="127.0.0.1", description="an IP address or a name of this machine", examples=["192.168.1.10"]
    )
    port: int = Field(
        default=8000, ge=1, le=_LAST_PORT, description=f"a whole number from 1 to {_LAST_PORT}", examples=["8000"]
    )
    temporal_port: int = Field(
        default=7233,
        ge=1,
        le=_LAST_TEMPORAL_PORT,
        description=f"a whole number from 1 to {_LAST_TEMPORAL_PORT} (the UI listens {TEMPORAL_UI_ABOVE} above)",
        examples=["7233"],
    )
    temporal_command: Annotated[Path | None, AfterValidator(_executable)] = Field(
        default=None, description="the path of an executable file", examples=["/usr/local/bin/temporal"]
    )
    metrics_host: Annotated[str, AfterValidator(_address)] = Field(
        default="127.0.0.1", description="an IP address of this machine", examples=["10.0.0.5"]
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=_LAST_METRICS_PORT,
        description=f"a whole number from 1 to {_LAST_METRICS_PORT} (under larder up, the worker's are one above)",
        examples=["9464"],
    )
    public_url: Annotated[str, AfterValidator(_place_of_links)] = Field(
        default_factory=_own_address,
        description="an http:// or https:// URL, without a question mark",
        examples=["https://larder.example.com"],
    )
    sandbox_host: Annotated[str | None, AfterValidator(_host_name)] = Field(
        default=None,
        description="a host name without scheme and port, another one than that of LARDER_PUBLIC_URL",
        examples=["sandbox.larder.example.com"],
    )
    smtp_url: Annotated[SecretStr | None, AfterValidator(_mail_server)] = Field(
        default=None,
        description="the URL of a mail server, smtp:// or smtps://, with user and password or without both",
        examples=["smtp://larder:PASSWORD@mail.example.com:587"],
    )
    mail_from: Annotated[str | None, AfterValidator(_mailbox)] = Field(
        default=None,
        description="the mailbox that mails come from",
        examples=['"Larder <larder@example.com>"'],
    )
    stripe_key: Annotated[SecretStr | None, AfterValidator(_stripe_key)] = Field(
        default=None,
        description="a secret or restricted key of Stripe",
        examples=["sk_live_..."],
    )
    stripe_webhook_secret: Annotated[SecretStr | None, AfterValidator(_stripe_webhook_secret)] = Field(
        default=None,
        description="the signing secret of a webhook endpoint at Stripe",
        examples=["whsec_..."],
    )
    stripe_url: Annotated[str, AfterValidator(_api_base)] = Field(
        default="https://api.stripe.com",
        description="an https:// URL without a path, or an http:// one of this machine",
        examples=["https://api.stripe.com"],
    )
    worker_versioning: bool = Field(default=False, description="true or false", examples=["true"])
    allow_nets: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(),
        description="networks in prefix form without host bits, separated by commas",
        examples=["192.168.1.0/24,10.0.0.0/8"],
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(),
        description="networks in prefix form without host bits, separated by commas",
        examples=["127.0.0.1/32,10.0.0.0/8"],
    )
    device_calls_per_minute: int = Field(
        default=600, ge=0, le=_MOST_CALLS, description="a whole number, 0 for no limit", examples=["600"]
    )
    user_calls_per_hour: int = Field(
        default=5_000, ge=0, le=_MOST_CALLS, description="a whole number, 0 for no limit", examples=["5000"]
    )
    address_calls_per_minute: int = Field(
        default=600, ge=0, le=_MOST_CALLS, description="a whole number, 0 for no limit", examples=["600"]
    )
    database_url: Annotated[str, AfterValidator(_with_async_driver)] = Field(
        default_factory=_database_in_home,
        repr=False,  # it may hold a password
        description="the URL of a PostgreSQL database or of an SQLite file",
        examples=["postgresql://larder:PASSWORD@localhost/larder"],
    )
    failpoints: Path | None = Field(
        default=None,
        description="a folder; only tests of crashes set it",
        examples=["/var/lib/larder/failpoints"],
    )
    instance_key: SecretStr = Field(
        default_factory=_key_in_home,
        min_length=_SHORTEST_KEY,
        description=f"at least {_SHORTEST_KEY} characters",
        examples=['"$(openssl rand -base64 48)"'],
    )

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        taken = (self.temporal_port, self.temporal_port + TEMPORAL_UI_ABOVE)
        if self.port in taken and not self.temporal_given:
            raise ValueError(
                f"LARDER_PORT is {self.port}; it must differ from {taken[0]} and {taken[1]}, where Temporal "
                f"and its UI listen, for example LARDER_PORT={taken[1] + 1}."
            )
        others = {self.port} if self.temporal_given else {self.port, *taken}
        if self.metrics_port in others:
            raise ValueError(
                f"{_PREFIX}METRICS_PORT is {self.metrics_port}, where something else of Larder listens; "
                f"it must be a port of its own, for example {_PREFIX}METRICS_PORT=9464."
            )
        return self

    @model_validator(mode="after")
    def _mails_come_from_somebody(self) -> Self:
        if self.smtp_url is not None and self.mail_from is None:
            raise ValueError(
                f"{_PREFIX}SMTP_URL is set, so {_PREFIX}MAIL_FROM must be the mailbox that mails come from, "
                f'for example {_PREFIX}MAIL_FROM="Larder <larder@example.com>".'
            )
        return self

    @model_validator(mode="after")
    def _sandbox_is_elsewhere(self) -> Self:
        if self.sandbox_host is not None and self.sandbox_host == urlsplit(self.public_url).hostname:
            raise ValueError(
                f"{_PREFIX}SANDBOX_HOST is the host of {_PREFIX}PUBLIC_URL, so nobody could log in to a live account; "
                f"it must be another name, for example {_PREFIX}SANDBOX_HOST=sandbox.larder.example.com."
            )
        return self

    @property
    def temporal_given(self) -> bool:
        """Whether Temporal's own `TEMPORAL_*` variables say which server to use; then Larder starts none."""
        return any(value and _TEMPORALS_OWN.fullmatch(name) for name, value in os.environ.items())

    @classmethod
    def from_environment(cls) -> Self:
        """The settings of this process; a SettingsError names every fault at once."""
        faults = _unknown_names()
        try:
            settings = cls()
        except ValidationError as invalid:
            faults += _sentences(invalid)
        except SettingsError as damaged:
            faults += damaged.faults
        except OSError as error:
            faults.append(
                f"LARDER_HOME: the data folder cannot be used ({error.strerror}: {error.filename}); "
                "it must be a folder that you may write, for example LARDER_HOME=$HOME/larder."
            )
        if faults:
            raise SettingsError(*faults)
        return settings


def _unknown_names() -> list[str]:
    faults = []
    for variable in sorted(os.environ):
        field = variable.upper().removeprefix(_PREFIX).lower()
        if not variable.upper().startswith(_PREFIX) or field in Settings.model_fields or field in _OF_CALLERS:
            continue
        near = get_close_matches(field, Settings.model_fields, n=1)
        known = ", ".join(_PREFIX + name.upper() for name in Settings.model_fields)
        hint = f"did you mean {_PREFIX}{near[0].upper()}?" if near else f"the settings are {known}."
        faults.append(f"{variable} is not a setting of Larder; {hint}")
    return faults


def _sentences(invalid: ValidationError) -> list[str]:
    faults: dict[str, str] = {}
    for error in invalid.errors(include_url=False):
        if error["type"] == "default_factory_not_called":
            continue  # follows from a fault that has its own sentence
        if not error["loc"]:
            faults[""] = error["msg"].removeprefix("Value error, ")
            continue
        field = str(error["loc"][0])
        name, info = _PREFIX + field.upper(), Settings.model_fields[field]
        given = "cannot be used" if field in _SECRET_FIELDS else f"is {str(error['input'])!r}"
        example = f"{name}={(info.examples or [''])[0]}"
        faults.setdefault(field, f"{name} {given}; it must be {info.description}, for example {example}.")
    return list(faults.values())
