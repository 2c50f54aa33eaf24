"""Who may open what: every route asks for a permission, or is on a list here of those that are open."""

import pytest

from fundraising.accounts.views.guard import access_of
from fundraising.web.desk import is_desk

# Each with its methods. Pages of donors stand in both languages, the second under /en.
FOR_DONORS = {
    "/": "GET",
    "/afmelden/<token>": "GET POST",
    "/anbi": "GET",
    "/bank/<reference>": "GET",
    "/bank/<reference>/qr.svg": "GET",
    "/bedankt/<reference>": "GET POST",
    "/bedankt/<reference>/opnieuw": "GET POST",
    "/bedankt/<reference>/stand": "GET",
    "/betaling/<reference>": "GET",
    "/e-mail-controle": "POST",
    "/favicon.ico": "GET",
    "/iban-controle": "POST",
    "/nieuwsbrief/<token>": "GET POST",
    "/privacy": "GET",
    "/robots.txt": "GET",
    "/steun/<code>": "GET POST",
    "/via/<code>": "GET",
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
# At the desk, but open to people who are not signed in.
BEFORE_SIGNING_IN = {
    "/desk/beveiligen": "GET",
    "/desk/beveiligen/app": "POST",
    "/desk/beveiligen/passkey": "POST",
    "/desk/inloggen": "GET POST",
    "/desk/inloggen/passkey": "POST",
    "/desk/inloggen/tweede-stap": "GET POST",
    "/desk/inloggen/tweede-stap/passkey": "POST",
    "/desk/taal": "POST",
    "/desk/wachtwoord-vergeten": "GET POST",
    "/desk/wachtwoord/<token>": "GET POST",
}
# Open to all staff, whatever their roles.
FOR_ALL_STAFF = {
    "/desk/": "GET",
    "/desk/account": "GET",
    "/desk/account/app/verwijderen": "POST",
    "/desk/account/bevestigen": "GET POST",
    "/desk/account/herstelcodes": "POST",
    "/desk/account/overal-uitloggen": "POST",
    "/desk/account/passkeys/<int:number>/verwijderen": "POST",
    "/desk/account/wachtwoord": "GET POST",
    "/desk/uitloggen": "POST",
}
# What takes data out, erases it, moves money or says who may, where a password is asked for that was given a while ago.
FOR_WHO_PROVED_LATELY = {
    "/desk/gebruikers/<int:number>": "GET POST",
    "/desk/gebruikers/<int:number>/terug": "POST",
    "/desk/gebruikers/<int:number>/tweede-stap": "GET POST",
    "/desk/gebruikers/<int:number>/vertrek": "GET POST",
    "/desk/gebruikers/uitnodigen": "GET POST",
    "/desk/giften/<reference>/terugbetalen": "GET POST",
    "/desk/giften/exporteren": "GET POST",
    "/desk/logboek.<any(xlsx, csv):extension>": "GET",
    "/desk/relaties/<int:contact_id>/dossier": "GET POST",
    "/desk/relaties/<int:contact_id>/wissen": "GET POST",
    "/desk/relaties/exporteren": "GET POST",
    "/desk/terugbetalingen/<int:request_id>/goedkeuren": "POST",
}

pytestmark = pytest.mark.sqlite_only


def routes(app, wanted):
    """The addresses with their methods, of those rules that are wanted."""
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if wanted(rule):
            found.setdefault(rule.rule, set()).update(rule.methods - {"HEAD", "OPTIONS"})
    return {rule: " ".join(sorted(methods)) for rule, methods in found.items()}


def at_the_desk(app, *, anyone, permission):
    """The addresses of staff that are marked so."""

    def wanted(rule):
        access = access_of(app.view_functions[rule.endpoint])
        return is_desk(rule.rule) and access is not None and (access.anyone, bool(access.permission)) == marked

    marked = (anyone, permission)
    return routes(app, wanted)


def test_every_route_outside_the_desk_is_listed_as_public(app):
    assert routes(app, lambda rule: not is_desk(rule.rule)) == PUBLIC


def test_every_route_at_the_desk_is_marked(app):
    assert routes(app, lambda rule: is_desk(rule.rule) and access_of(app.view_functions[rule.endpoint]) is None) == {}


def test_what_is_open_before_signing_in_is_listed(app):
    assert at_the_desk(app, anyone=True, permission=False) == BEFORE_SIGNING_IN


def test_what_is_open_to_all_staff_is_listed(app):
    assert at_the_desk(app, anyone=False, permission=False) == FOR_ALL_STAFF


def test_what_asks_for_a_fresh_proof_is_listed(app):
    def lately(rule):
        access = access_of(app.view_functions[rule.endpoint])
        return access is not None and access.lately

    assert routes(app, lately) == FOR_WHO_PROVED_LATELY


def test_no_mark_stands_outside_the_desk(app):
    # The guard would not see it.
    marked = [r.rule for r in app.url_map.iter_rules() if access_of(app.view_functions[r.endpoint])]
    assert [rule for rule in marked if not is_desk(rule)] == []


def test_reading_changes_nothing(app):
    # A view that answers both would be one that a link, a scanner or a prefetch can set off.
    mixed = [rule for rule in app.url_map.iter_rules() if {"GET", "POST"} <= rule.methods]
    assert mixed == []


def test_pages_of_donors_stand_in_both_languages(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("giving")}
    dutch = {endpoint.removeprefix("giving.") for endpoint in endpoints if endpoint.startswith("giving.")}
    assert {endpoint.removeprefix("giving_en.") for endpoint in endpoints if endpoint.startswith("giving_en.")} == dutch
