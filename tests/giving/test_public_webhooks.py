"""What anybody may send to the webhook's address, and what is made of it."""

from __future__ import annotations

import pytest

from fundraising.db import session
from fundraising.giving.models import WebhookHint
from fundraising.giving.services import hints

pytestmark = pytest.mark.sqlite_only
ADDRESS = "/webhooks/mollie"


def noted(app) -> list[tuple[str, int]]:
    with app.app_context():
        return [(hint.provider_id, hint.received) for hint in session().query(WebhookHint)]


def test_a_hint_is_stored_and_counted(app, client):
    for _ in range(2):
        assert client.post(ADDRESS, data={"id": "tr_7UhSN1zuXS"}).status_code == 200
    assert noted(app) == [("tr_7UhSN1zuXS", 2)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": ""},
        {"id": "tr_"},
        {"id": "cst_8wmqcHMN4U"},
        {"id": "tr_7UhSN1zuXS'; DROP TABLE donation"},
        {"id": "tr_" + "x" * 100},
        {"id": "tr_7UhSN1zuXS\n"},
        {"id": "tr_é"},
        {"other": "tr_7UhSN1zuXS"},
    ],
)
def test_what_is_no_hint_leaves_no_trace(app, client, body, capsys):
    assert client.post(ADDRESS, data=body).status_code == 400
    assert noted(app) == []
    assert capsys.readouterr().err.count("webhook.malformed") == 1


def test_json_is_no_hint(app, client):
    assert client.post(ADDRESS, json={"id": "tr_7UhSN1zuXS"}).status_code == 400
    assert noted(app) == []


def test_more_than_a_hint_is_not_read(app, client):
    assert client.post(ADDRESS, data={"id": "tr_7UhSN1zuXS", "x": "y" * 2_000}).status_code == 413
    assert noted(app) == []


def test_it_is_only_sent_to(client):
    assert client.get(ADDRESS).status_code == 405


def test_a_flood_of_unknown_ids_is_sent_back_to_come_later(app, client, monkeypatch):
    monkeypatch.setattr(hints, "MOST_UNKNOWN_WAITING", 3)
    statuses = [client.post(ADDRESS, data={"id": f"tr_made{number}up"}).status_code for number in range(5)]
    assert statuses == [200, 200, 200, 503, 503]
    assert client.post(ADDRESS, data={"id": "tr_made0up"}).status_code == 200
    assert len(noted(app)) == 3
