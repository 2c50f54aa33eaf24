"""The application: extensions, blueprints and the command line, put together from one Config."""

from __future__ import annotations

import errno
import os
from copy import copy
from functools import partial
from typing import cast

import click
from flask import Flask
from flask.cli import FlaskGroup
from flask_migrate import Migrate
from sqlalchemy.exc import OperationalError, ProgrammingError

from config import SIMULATOR_ADDRESS, SIMULATOR_KEY, Config, ConfigError
from fundraising import mailer, tasks
from fundraising.accounts import jobs as _accounts_jobs  # noqa: F401  imported to be declared
from fundraising.accounts.cli import COMMANDS as ACCOUNT_COMMANDS
from fundraising.accounts.views import AccountSettings, init_accounts
from fundraising.contacts import jobs as _contacts_jobs  # noqa: F401  imported to be declared
from fundraising.contacts.cli import cli as contacts
from fundraising.contacts.public import init_unsubscribing
from fundraising.contacts.views import init_contacts
from fundraising.contacts.views.documents import init_documents
from fundraising.contacts.views.duplicates import blueprint as duplicates
from fundraising.contacts.views.imports import blueprint as contact_imports
from fundraising.db import db, engine_options
from fundraising.desk.views import init_desk
from fundraising.gifts.cli import cli as gifts
from fundraising.gifts.services import history
from fundraising.gifts.views.history import blueprint as gift_imports
from fundraising.giving.cli import cli as payments
from fundraising.giving.mollie import DoorSettings, MollieDoor
from fundraising.giving.public import init_public
from fundraising.giving.views import blueprint as giving_links
from fundraising.imports import jobs as _imports_jobs  # noqa: F401  imported to be declared
from fundraising.logs import configure_logging, summary
from fundraising.operations import jobs as _operations_jobs  # noqa: F401  imported to be declared
from fundraising.operations.cli import BEFORE_THE_APP, COMMANDS
from fundraising.operations.views import init_operations
from fundraising.privacy import jobs as _privacy_jobs  # noqa: F401  imported to be declared
from fundraising.privacy.views import init_privacy
from fundraising.programmes.cli import cli as programmes
from fundraising.resources import resource
from fundraising.web import WebSettings, init_web

_COMMANDS = (payments, gifts, contacts, programmes, *ACCOUNT_COMMANDS, *COMMANDS)
# `db` is Flask-Migrate's.
_OURS = frozenset({"db", *(str(command.name) for command in (*_COMMANDS, *BEFORE_THE_APP))})
# Migrations are written by hand and go forward only.
_OF_DATABASE = frozenset({"check", "current", "history", "show", "upgrade"})


def create_app(config: Config | None = None) -> Flask:
    """The WSGI application for these settings, by default those of the environment. Raises ConfigError."""
    settings = config or Config.from_env()
    configure_logging(production=settings.production)
    app = Flask("fundraising", template_folder=str(resource("templates")), static_folder=str(resource("static")))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        ORGANISATION=settings.organisation,
        MINIMUM_GIFT=settings.minimum_gift,
        MAXIMUM_GIFT=settings.maximum_gift,
        REFUND_APPROVAL_ABOVE=settings.refund_approval_above,
        DATA_DIR=settings.data_dir,
        SIMULATOR_ADDRESS=settings.data_dir / SIMULATOR_ADDRESS,
        ALERT_EMAIL=settings.alert_email,
    )
    _make_folder(settings)
    db.init_app(app)
    Migrate(app, db, directory=str(resource("migrations")))
    init_web(app, WebSettings(settings.public_url, settings.production, settings.trusted_proxies))
    init_accounts(app, _account_settings(settings))
    init_public(app)
    app.register_blueprint(duplicates)
    init_desk(app)
    app.register_blueprint(giving_links)
    init_documents(app)
    init_contacts(app)
    init_unsubscribing(app)
    init_privacy(app)
    app.extensions["mollie"] = door = _mollie_door(settings)
    app.extensions["deliver_mail"] = partial(mailer.deliver_due, _transport(settings), _sender(settings))
    app.extensions["queue"] = tasks.use_queue(settings.queue_url, app.app_context)
    app.register_blueprint(contact_imports)
    app.register_blueprint(gift_imports)
    history.expect(door.mode)
    init_operations(app)
    for command in _COMMANDS:
        app.cli.add_command(command)
    return app


def _make_folder(settings: Config) -> None:
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as trouble:
        raise ConfigError([f"DATA_DIR cannot be made: {trouble.strerror}: {settings.data_dir}"]) from None
    if not os.access(settings.data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigError([f"DATA_DIR must be a folder that this user may read and write: {settings.data_dir}"])


def _account_settings(settings: Config) -> AccountSettings:
    return AccountSettings(
        second_factor_roles=settings.second_factor_roles, idle=settings.session_idle, longest=settings.session_longest
    )


def _mollie_door(settings: Config) -> MollieDoor:
    # Mollie refuses a webhook address that it cannot reach; without one the sweep does the work.
    webhook_url = "" if settings.public_is_local else f"{settings.public_url}/webhooks/mollie"
    nobody_there = settings.mollie_api_key == SIMULATOR_KEY and not settings.mollie_api_url
    return MollieDoor(
        DoorSettings(
            settings.mollie_api_key,
            settings.mollie_api_url,
            webhook_url,
            closed="MOLLIE_API_KEY is not set, and no simulator runs here" if nobody_there else "",
        )
    )


def _transport(settings: Config) -> mailer.Transport:
    if settings.smtp_url:
        return mailer.SmtpTransport(settings.smtp_url)
    return mailer.FolderTransport(settings.data_dir / "mail")


def _sender(settings: Config) -> mailer.Sender:
    organisation = settings.organisation
    return mailer.Sender(organisation.name, settings.mail_from, organisation.contact_email)


def _create_app_or_say_why_not() -> Flask:
    try:
        return create_app()
    except ConfigError as faults:
        raise click.ClickException(str(faults)) from None


def _for_administrators(db_commands: click.Group) -> click.Group:
    """The commands on the database without those that make migrations, go back, or only pretend to go forward."""
    shown = copy(db_commands)
    shown.commands = {name: command for name, command in db_commands.commands.items() if name in _OF_DATABASE}
    return shown


class _OurCommands(FlaskGroup):
    """Our commands alone: those of a web framework and its extensions are of no use to an administrator."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what is wrong with database, queue or disk is told in a line of words."""
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as trouble:
            advice = "Is DATABASE_URL right, has its disk room, and was `fundraising db upgrade` done?"
            raise click.ClickException(f"{summary(trouble)}\n{advice}") from None
        except (OSError, tasks.QueueUnreachable) as trouble:
            if isinstance(trouble, OSError) and trouble.errno == errno.EPIPE:
                # Whoever read along has seen enough: click ends without a word.
                raise
            raise click.ClickException(summary(trouble)) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as `--help` shows them."""
        return [name for name in super().list_commands(ctx) if name in _OURS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name; None for one that is not ours."""
        command = super().get_command(ctx, name) if name in _OURS else None
        return _for_administrators(cast("click.Group", command)) if name == "db" else command


cli = _OurCommands(
    create_app=_create_app_or_say_why_not,
    add_default_commands=False,
    add_version_option=False,
    set_debug_flag=False,
    help="Donor and fundraising management: what an administrator or a timer needs.",
)
# Which application it is, is settled, and its pages for debugging are for nobody.
cli.params = [option for option in cli.params if option.name == "env_file"]
for _command in BEFORE_THE_APP:
    cli.add_command(_command)
