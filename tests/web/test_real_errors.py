"""Error pages of the whole application: with its own templates, whoever asks and whatever went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.page_client import checked

if TYPE_CHECKING:
    from flask import Flask

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def as_served(app: Flask) -> Flask:
    """Faults become pages, as they do for donors."""
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.mark.parametrize(
    "address", ["/", "/privacy", "/en/steun/herstelwerk", "/nowhere", "/static/public.css", "/desk/inloggen"]
)
def test_another_host_is_refused_with_a_page(as_served, address):
    page = checked(as_served.test_client().get(address, headers={"Host": "evil.example"}))
    assert page.response.status_code == 400
    assert "evil" not in page.response.text
    [style] = page.all("link", rel="stylesheet")
    assert as_served.test_client().get(str(style.get("href"))).headers["Cache-Control"].startswith("public, max-age=3")


@pytest.mark.parametrize(("prefix", "promised"), [("/", "bericht van gekregen"), ("/en/", "been told")])
def test_a_fault_of_ours_claims_nothing_that_nobody_does(as_served, monkeypatch, prefix, promised):
    def broken(**_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setitem(as_served.view_functions, "giving.privacy", broken)
    monkeypatch.setitem(as_served.view_functions, "giving_en.privacy", broken)
    page = checked(as_served.test_client().get(f"{prefix}privacy"))
    assert page.response.status_code == 500
    assert promised not in page.text
    assert "m.bruning@gevangenzorg.nl" in page.text
