"""What running the house shows: health to machines, and on the front page of who looks after it what fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.desk.views.panels import add_panel
from fundraising.operations.views.health import blueprint
from fundraising.operations.views.panels import PANELS

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["init_operations"]


def init_operations(app: Flask) -> None:
    """Register the probes, and put the panels on the front pages; after the desk."""
    app.register_blueprint(blueprint)
    for panel in PANELS:
        add_panel(app, panel)
