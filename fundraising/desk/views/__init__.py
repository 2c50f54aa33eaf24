"""Pages of the desk: the shell around every page for staff, and the pages that put the slices together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.desk.views import (
    addresses,
    contact,
    contacts,
    exports,
    finding,
    front,
    gifts,
    panels,
    search,
    shell,
    stuck,
    told,
    words,
)
from fundraising.desk.views.blueprint import blueprint

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["init_desk"]

# Imported for their routes.
_PAGES = (addresses, contact, contacts, exports, gifts, search, stuck)


def init_desk(app: Flask) -> None:
    """Prepare the shell and register the pages."""
    shell.init(app)
    words.init(app)
    told.init()
    panels.init(app, front.PANELS)
    finding.init(app, search.SOURCES)
    app.register_blueprint(blueprint)
