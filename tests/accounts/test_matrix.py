"""Every route with every role: allowed to whom the matrix says, refused to all others."""

import pytest

from fundraising.accounts.rules import MATRIX, SECOND_FACTOR_ROLES, Permission, Role, permissions_of
from fundraising.accounts.views.guard import access_of, csrf
from fundraising.db import LARGEST_NUMBER
from fundraising.web.desk import is_desk
from tests.web.page_client import text_of

# For any part of an address: a number, and a word that fits references, tokens and codes alike.
PARTS = {"_Number": 999_999_999, "UnicodeConverter": "x", "PathConverter": "x"}


def part(converter):
    """A value that fits this part of an address: of a few words one of them."""
    kind = type(converter).__name__
    return min(converter.items) if kind == "AnyConverter" else PARTS[kind]


def at_the_desk(app):
    """Every route of staff: its endpoint, one of its methods, and an address that leads there."""
    adapter = app.url_map.bind("localhost")
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if is_desk(rule.rule):
            values = {name: part(rule._converters[name]) for name in rule.arguments}
            method = "GET" if "GET" in rule.methods else "POST"
            yield rule.endpoint, method, adapter.build(rule.endpoint, values, method=method)


@pytest.mark.sqlite_only
class TestEveryRoute:
    @pytest.fixture
    def without_tokens(self, app, monkeypatch):
        """Forms are taken without the session's token, so that a walk gets as far as the views."""
        app.config["WTF_CSRF_ENABLED"] = False
        monkeypatch.setattr(csrf, "protect", lambda: None)

    @pytest.mark.parametrize("role", [*Role, None])
    @pytest.mark.usefixtures("without_tokens")
    def test_the_matrix_decides(self, app, staff_pages, role):
        roles = [] if role is None else [role]
        allowed, walked = permissions_of(roles), 0
        for endpoint, method, address in at_the_desk(app):
            permission = access_of(app.view_functions[endpoint]).permission
            if permission is None:
                continue
            answer = staff_pages(*roles).client.open(address, method=method)
            status = answer.status_code
            assert "no-store" in answer.headers["Cache-Control"], address
            assert (status != 403) == (permission in allowed), (role, method, address, status)
            assert status < 500, (role, method, address)
            walked += 1
        assert walked > 10

    @pytest.mark.usefixtures("without_tokens")
    def test_no_number_is_too_large(self, app, staff_pages, monkeypatch):
        monkeypatch.setitem(PARTS, "_Number", LARGEST_NUMBER)
        everyone, largest = staff_pages(*Role).client, str(LARGEST_NUMBER)
        for _endpoint, method, address in at_the_desk(app):
            if largest in address:
                assert everyone.open(address, method=method).status_code < 500, (method, address)
                larger = address.replace(largest, f"{largest}0")
                assert everyone.open(larger, method=method).status_code in {404, 405}, (method, larger)

    def test_the_walk_leaves_no_route_out(self, app):
        walked = {endpoint for endpoint, _method, _address in at_the_desk(app)}
        assert {rule.endpoint for rule in app.url_map.iter_rules() if is_desk(rule.rule)} == walked

    def test_who_is_not_signed_in_is_sent_to_sign_in(self, app, client):
        for endpoint, method, address in at_the_desk(app):
            if not access_of(app.view_functions[endpoint]).anyone:
                answer = client.open(address, method=method)
                assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/desk/inloggen"), address

    def test_no_form_is_taken_without_the_sessions_token(self, app, staff_pages):
        everyone = staff_pages(*Role)
        for _endpoint, method, address in at_the_desk(app):
            if method == "POST":
                assert everyone.client.post(address).status_code == 400, address


class TestMatrix:
    def test_every_permission_is_somebodys(self):
        assert permissions_of(Role) == frozenset(Permission)

    def test_an_auditor_changes_nothing(self):
        assert all(permission.value.startswith("see_") for permission in MATRIX[Role.AUDITOR])

    def test_whoever_sees_money_or_takes_data_out_proves_it_twice(self):
        assert frozenset(Role) == SECOND_FACTOR_ROLES

    @pytest.mark.sqlite_only
    def test_the_page_shows_what_holds(self, staff_pages):
        page = staff_pages(Role.AUDITOR).get("/desk/rechten")
        rows = [[text_of(cell) for cell in row.iter("td")] for row in page.all("tr")][1:]
        for permission, row in zip(Permission, rows, strict=False):
            assert [cell.startswith("✓") for cell in row] == [permission in MATRIX[role] for role in MATRIX], permission
