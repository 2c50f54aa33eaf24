"""Pages of privacy: a person's file, erasing somebody, and who is due for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.privacy.queries import erased_as_far_as
from fundraising.privacy.views import erasing, file, proposals, words
from fundraising.privacy.views.blueprint import blueprint

if TYPE_CHECKING:
    from flask import Flask

    from fundraising.personal import Degree

__all__ = ["init_privacy"]

_PAGES = (erasing, file, proposals)


def init_privacy(app: Flask) -> None:
    """Register the pages, and let a contact's page ask how far somebody was erased."""
    app.register_blueprint(blueprint)
    words.init(app)
    app.jinja_env.globals["erased"] = _erased


def _erased(contact_id: int) -> Degree | None:
    return erased_as_far_as([contact_id]).get(contact_id)
