"""Alembic runs a migration through this file, on the engine of the running application."""

from alembic import context
from flask import current_app

from fundraising.db import db


def _run() -> None:
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


_run()
