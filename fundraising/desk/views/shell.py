"""The shell of staff pages: Bootstrap from this machine, and what `desk/base.html` and its components ask for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import request, url_for
from flask_bootstrap import Bootstrap5

from fundraising.web.lists import address_with
from fundraising.web.notices import notices
from fundraising.web.statics import serve_from_memory

if TYPE_CHECKING:
    from flask import Flask

_STYLESHEET = "css/bootstrap.min.css"


def init(app: Flask) -> None:
    """Give templates what the shell needs. Of Bootstrap only its stylesheet is served: nothing needs its script."""
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    Bootstrap5(app)
    folder = Path(app.blueprints["bootstrap"].static_folder or "")
    serve_from_memory(app, "bootstrap.static", folder, _STYLESHEET)
    app.jinja_env.globals.update(notices=notices, here=here, front_page=front_page, along=along)


def front_page() -> str:
    """Where the desk begins."""
    return "/desk/"


def along(endpoint: str) -> str:
    """The address of another page, with the query of this one: a list's filter goes along to its export."""
    return address_with(url_for(endpoint), request.args.items(multi=True), {})


def here(**changes: str | int | None) -> str:
    """The address of this page, with other values in its query; None takes one out."""
    return address_with(quote(request.path, safe="/:@-._~!$&'()*+,;="), request.args.items(multi=True), changes)
