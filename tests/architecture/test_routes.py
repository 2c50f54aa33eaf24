"""Who may open what: every route is on this list of public ones, or it will have to ask for a permission."""

import pytest

# Each with its methods. Pages of donors stand in both languages, the second under /en.
FOR_DONORS = {
    "/": "GET",
    "/anbi": "GET",
    "/bank/<reference>": "GET",
    "/bank/<reference>/qr.svg": "GET",
    "/bedankt/<reference>": "GET",
    "/bedankt/<reference>/adres": "POST",
    "/bedankt/<reference>/opnieuw": "POST",
    "/bedankt/<reference>/stand": "GET",
    "/betaling/<reference>": "GET",
    "/favicon.ico": "GET",
    "/iban-controle": "POST",
    "/nieuwsbrief/<token>": "GET POST",
    "/privacy": "GET",
    "/robots.txt": "GET",
    "/steun/<code>": "GET POST",
}
FOR_MACHINES = {
    "/bootstrap/static/<path:filename>": "GET",
    "/healthz": "GET",
    "/healthz/jobs": "GET",
    "/readyz": "GET",
    "/static/<path:filename>": "GET",
    "/webhooks/mollie": "POST",
}
PUBLIC = FOR_MACHINES | {f"{prefix}{rule}": methods for prefix in ("", "/en") for rule, methods in FOR_DONORS.items()}

pytestmark = pytest.mark.sqlite_only


def test_every_route_is_listed_as_public(app):
    routes: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        routes.setdefault(rule.rule, set()).update(rule.methods - {"HEAD", "OPTIONS"})
    assert {rule: " ".join(sorted(methods)) for rule, methods in routes.items()} == PUBLIC


def test_reading_changes_nothing(app):
    # A view that answers both would be one that a link, a scanner or a prefetch can set off.
    mixed = [rule for rule in app.url_map.iter_rules() if {"GET", "POST"} <= rule.methods]
    assert mixed == []


def test_pages_of_donors_stand_in_both_languages(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("giving")}
    dutch = {endpoint.removeprefix("giving.") for endpoint in endpoints if endpoint.startswith("giving.")}
    assert {endpoint.removeprefix("giving_en.") for endpoint in endpoints if endpoint.startswith("giving_en.")} == dutch
