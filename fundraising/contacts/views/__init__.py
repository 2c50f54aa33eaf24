"""Pages on which staff add and change people and organisations, and the page on which anybody stops a mailing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fundraising.contacts.forms.words import SHARED, word_for
from fundraising.contacts.views import editing, newcomers, removing  # noqa: F401  imported to be routed
from fundraising.contacts.views.blueprint import blueprint

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["init_contacts"]


def init_contacts(app: Flask) -> None:
    """Register the pages, and let templates say what two contacts share."""
    app.jinja_env.filters["shared_way"] = partial(word_for, words=SHARED)
    app.register_blueprint(blueprint)
