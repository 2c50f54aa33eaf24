"""Settings, read from the environment once and checked at once.

`Config.from_env()` names all faults together, so that nobody mends them one restart at a time. `.env.example`
documents each setting. Only `fundraising.app` reads this module; the rest of the house gets what it needs as an
argument.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from stdnum.nl import bsn

from fundraising.accounts.rules import SECOND_FACTOR_ROLES, Role
from fundraising.iban import InvalidIban, check
from fundraising.money import Euro, NotAnAmount

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SECRET = "only-for-development-and-demonstration"  # noqa: S105  refused in production
SHORTEST_SECRET = 32
SIMULATOR_KEY = "test_simulator0000000000000000000000"
# In DATA_DIR, while `fundraising serve` runs a simulator.
SIMULATOR_ADDRESS = "simulator.address"
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# Nobody has more hours, minutes or proxies; a much longer number would not fit a duration.
_LARGEST_NUMBER = 1_000_000


class ConfigError(ValueError):
    """Settings that cannot be used; the message lists every fault on a line of its own."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("settings that must be mended:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Organisation:
    """The charity, as printed on pages, mails and transfers."""

    name: str
    account_holder: str
    iban: str
    bic: str
    rsin: str
    address: str
    website: str
    email: str
    contact_name: str
    contact_role: str
    contact_role_english: str
    contact_email: str
    contact_phone: str


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one installation."""

    production: bool
    secret_key: str = field(repr=False)
    public_url: str
    data_dir: Path
    database_url: str = field(repr=False)
    queue_url: str = field(repr=False)
    mollie_api_key: str = field(repr=False)
    mollie_api_url: str
    smtp_url: str = field(repr=False)
    mail_from: str
    alert_email: str
    trusted_proxies: int
    minimum_gift: Euro
    maximum_gift: Euro
    # A refund of more than this, of one gift, takes two people.
    refund_approval_above: Euro
    second_factor_roles: frozenset[Role]
    session_idle: timedelta
    session_longest: timedelta
    organisation: Organisation

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Config:
        """Read and check the settings. Raises ConfigError naming every fault."""
        reader = _Reader(os.environ if env is None else env)
        config = _read(reader)
        faults = reader.faults + _faults_of(config)
        if faults:
            raise ConfigError(faults)
        return config

    @property
    def public_is_local(self) -> bool:
        """Whether only this machine reaches the public address: then Mollie gets no webhook address."""
        return urlsplit(self.public_url).hostname in _LOCAL_HOSTS

    @property
    def uses_simulator(self) -> bool:
        """Whether payments go to something other than Mollie itself."""
        return self.mollie_api_url != ""


@dataclass(slots=True)
class _Reader:
    """Takes settings one by one and remembers what was wrong with them."""

    env: Mapping[str, str]
    faults: list[str] = field(default_factory=list)

    def text(self, name: str, default: str) -> str:
        return self.env.get(name, "").strip() or default

    def number(self, name: str, default: int) -> int:
        raw = self.text(name, str(default))
        if not raw.isdecimal() or int(raw) > _LARGEST_NUMBER:
            self.faults.append(f"{name} must be a whole number of at most {_LARGEST_NUMBER:,}, not {raw!r}")
            return default
        return int(raw)

    def amount(self, name: str, default: Euro) -> Euro:
        raw = self.text(name, "")
        try:
            return Euro.parse(raw) if raw else default
        except NotAnAmount:
            self.faults.append(f"{name} must be an amount in euros, not {raw!r}")
            return default

    def roles(self, name: str, default: frozenset[Role]) -> frozenset[Role]:
        """Roles by name with commas between them; `none` names no role."""
        words = self.text(name, "").lower().replace(",", " ").split()
        known = {role.value for role in Role}
        if unknown := [word for word in words if word not in known | {"none"}]:
            self.faults.append(f"{name} names roles, of {', '.join(sorted(known))}; or none; not {unknown[0]!r}")
            return default
        return frozenset(Role(word) for word in words if word in known) if words else default

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        raw = self.text(name, default)
        if raw not in allowed:
            self.faults.append(f"{name} must be one of {', '.join(allowed)}, not {raw!r}")
            return default
        return raw


def _read(reader: _Reader) -> Config:
    data_dir = Path(reader.text("DATA_DIR", "var")).resolve()
    return Config(
        production=reader.choice("ENVIRONMENT", "development", ("development", "production")) == "production",
        secret_key=reader.text("SECRET_KEY", DEFAULT_SECRET),
        public_url=reader.text("PUBLIC_URL", "http://localhost:8000").rstrip("/"),
        data_dir=data_dir,
        database_url=_database_url(reader.text("DATABASE_URL", f"sqlite:///{data_dir / 'fundraising.sqlite'}")),
        queue_url=reader.text("QUEUE_URL", f"sqlite:///{data_dir / 'queue.sqlite'}"),
        mollie_api_key=reader.text("MOLLIE_API_KEY", SIMULATOR_KEY),
        mollie_api_url=reader.text("MOLLIE_API_URL", _simulator_beside(reader, data_dir)).rstrip("/"),
        smtp_url=reader.text("SMTP_URL", ""),
        mail_from=reader.text("MAIL_FROM", "giften@gevangenzorg.nl"),
        alert_email=reader.text("ALERT_EMAIL", ""),
        trusted_proxies=reader.number("TRUSTED_PROXIES", 0),
        minimum_gift=reader.amount("MINIMUM_GIFT", Euro.of(1)),
        maximum_gift=reader.amount("MAXIMUM_GIFT", Euro.of(50_000)),
        refund_approval_above=reader.amount("REFUND_APPROVAL_ABOVE", Euro.of(500)),
        second_factor_roles=reader.roles("SECOND_FACTOR_ROLES", SECOND_FACTOR_ROLES),
        session_idle=timedelta(minutes=reader.number("SESSION_IDLE_MINUTES", 60)),
        session_longest=timedelta(hours=reader.number("SESSION_HOURS", 12)),
        organisation=_organisation(reader),
    )


def _simulator_beside(reader: _Reader, data_dir: Path) -> str:
    """Where the simulator answers that runs beside this data; a command must not take its key to Mollie itself."""
    if reader.text("MOLLIE_API_KEY", SIMULATOR_KEY) != SIMULATOR_KEY:
        return ""
    try:
        address = (data_dir / SIMULATOR_ADDRESS).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return address if _answers(address) else ""


def _answers(address: str) -> bool:
    # A server that was killed leaves the address of its simulator behind.
    try:
        socket.create_connection((_split(address).hostname or "", _split(address).port or 0), timeout=1).close()
    except OSError:
        return False
    return True


def _organisation(reader: _Reader) -> Organisation:
    name = reader.text("ORGANISATION_NAME", "Gevangenzorg Nederland")
    return Organisation(
        name=name,
        account_holder=reader.text("ORGANISATION_ACCOUNT_HOLDER", name),
        iban=reader.text("ORGANISATION_IBAN", "NL61INGB0006391416").replace(" ", ""),
        bic=reader.text("ORGANISATION_BIC", "INGBNL2A"),
        rsin=reader.text("ORGANISATION_RSIN", ""),
        address=reader.text("ORGANISATION_ADDRESS", ""),
        website=reader.text("ORGANISATION_WEBSITE", "gevangenzorg.nl"),
        email=reader.text("ORGANISATION_EMAIL", "m.bruning@gevangenzorg.nl"),
        contact_name=reader.text("CONTACT_NAME", "Marianne Bruning"),
        contact_role=reader.text("CONTACT_ROLE", "Relatiemanager kerken en scholen"),
        contact_role_english=reader.text("CONTACT_ROLE_ENGLISH", "Relationship manager for churches and schools"),
        contact_email=reader.text("CONTACT_EMAIL", "m.bruning@gevangenzorg.nl"),
        contact_phone=reader.text("CONTACT_PHONE", "06 131 822 77"),
    )


def _database_url(url: str) -> str:
    path = url.removeprefix("sqlite:///")
    if path not in {url, "", ":memory:"}:
        # Seen from the working folder, as DATA_DIR is; Flask-SQLAlchemy would look in a folder of its own.
        return f"sqlite:///{Path(path).resolve()}"
    # Hosting companies write postgres:// or postgresql://; SQLAlchemy wants the driver named.
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def _faults_of(config: Config) -> list[str]:
    faults = _faults_of_addresses(config) + _faults_of_money(config)
    return faults + (_faults_in_production(config) if config.production else [])


def _split(url: str) -> SplitResult:
    """The parts of a URL; all are empty where a bracket is never closed, or the port cannot be."""
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port else urlsplit("")
    except ValueError:
        return urlsplit("")


def _leads_somewhere(url: str, *schemes: str) -> bool:
    return _split(url).scheme in schemes and bool(_split(url).hostname)


def _is_site(url: str) -> bool:
    # The addresses of pages are put behind it, so nothing may follow the host.
    return _leads_somewhere(url, "http", "https") and not any(_split(url)[2:])


def _is_database(url: str) -> bool:
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return False
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        return False
    # Without a name SQLite keeps a database in memory, one for each connection.
    return parts.get_backend_name() != "sqlite" or parts.database not in {None, "", ":memory:"}


def _faults_of_addresses(config: Config) -> list[str]:
    faults = []
    if not _is_site(config.public_url):
        faults.append("PUBLIC_URL must be a whole address such as https://geven.example.nl, and nothing after it")
    if not _is_database(config.database_url):
        faults.append("DATABASE_URL must be sqlite:///path or postgresql://user:password@host/name")
    if not (_is_file(config.queue_url) or _leads_somewhere(config.queue_url, "redis", "rediss")):
        faults.append("QUEUE_URL must be sqlite:///path, or redis:// or rediss:// with a host")
    if config.smtp_url and not _leads_somewhere(config.smtp_url, "smtp", "smtps"):
        faults.append("SMTP_URL must be smtp:// or smtps:// with a host")
    if config.mollie_api_url and _split(config.mollie_api_url).hostname not in _LOCAL_HOSTS:
        faults.append("MOLLIE_API_URL is only for a simulator on this machine")
    return faults + _faults_of_mail_addresses(config)


def _is_file(url: str) -> bool:
    return url.startswith("sqlite:///") and url != "sqlite:///"


def _faults_of_mail_addresses(config: Config) -> list[str]:
    addresses = {
        "MAIL_FROM": config.mail_from,
        "ALERT_EMAIL": config.alert_email,
        "ORGANISATION_EMAIL": config.organisation.email,
        "CONTACT_EMAIL": config.organisation.contact_email,
    }
    return [f"{name} is not an e-mail address" for name, address in addresses.items() if address and not _mail(address)]


def _mail(address: str) -> bool:
    try:
        # Nobody is asked whether the domain takes mail: settings are also read where there is no network.
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _faults_of_money(config: Config) -> list[str]:
    faults = []
    if not re.fullmatch(r"(live|test)_\w+", config.mollie_api_key):
        faults.append("MOLLIE_API_KEY must begin with live_ or test_")
    if not timedelta(0) < config.session_idle <= config.session_longest:
        faults.append("SESSION_IDLE_MINUTES must be above 0, and no longer than SESSION_HOURS")
    if not Euro(0) < config.minimum_gift < config.maximum_gift:
        faults.append("MINIMUM_GIFT must be above 0 and below MAXIMUM_GIFT")
    try:
        check(config.organisation.iban)
    except InvalidIban:
        faults.append("ORGANISATION_IBAN is not a valid IBAN")
    # Since 2007 the Dutch tax office gives RSINs with the check digit of a BSN.
    if config.organisation.rsin and not bsn.is_valid(config.organisation.rsin):
        faults.append("ORGANISATION_RSIN is not a valid RSIN")
    return faults


def _faults_in_production(config: Config) -> list[str]:
    rules = (
        (config.secret_key == DEFAULT_SECRET, "SECRET_KEY must be set in production"),
        (
            len(config.secret_key) < SHORTEST_SECRET,
            f"SECRET_KEY must be {SHORTEST_SECRET} characters or longer in production",
        ),
        (config.uses_simulator, "MOLLIE_API_URL must be empty in production: no simulator"),
        (config.mollie_api_key == SIMULATOR_KEY, "MOLLIE_API_KEY must be set in production"),
        (not config.smtp_url, "SMTP_URL must be set in production: mail does not go to a folder"),
        (not config.alert_email, "ALERT_EMAIL must be set in production"),
        (not config.public_url.startswith("https://"), "PUBLIC_URL must begin with https:// in production"),
        (not config.organisation.rsin, "ORGANISATION_RSIN must be set in production"),
        (not config.organisation.address, "ORGANISATION_ADDRESS must be set in production"),
    )
    return [message for fault, message in rules if fault]
