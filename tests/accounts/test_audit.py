"""The audit trail: who did what to which record."""

import hmac
import json

import pytest

from fundraising.accounts.models import AuditContent, AuditEntry
from fundraising.accounts.rules import Actor, ActorKind
from fundraising.accounts.services import Subject, acting_as, record
from fundraising.db import session, transaction

pytestmark = pytest.mark.usefixtures("app_context")


def content_of(entry_id):
    return session().get_one(AuditContent, entry_id)


def test_an_entry_tells_who_what_and_which():
    with transaction(), acting_as(Actor(ActorKind.JOB, "job:proef")):
        number = record("contact.changed", Subject("contact", 12), before={"town": "Hengelo"}, after={"town": "Goor"})
    entry = session().get_one(AuditEntry, number)
    assert (entry.actor_kind, entry.action, entry.subject_kind, entry.subject_id) == (
        ActorKind.JOB,
        "contact.changed",
        "contact",
        12,
    )
    told = json.loads(content_of(number).body)
    assert told == {"actor": "job:proef", "before": {"town": "Hengelo"}, "after": {"town": "Goor"}}


def test_the_digest_is_keyed_per_entry():
    with transaction():
        numbers = [record("test.done", Subject("test")) for _ in range(2)]
    first, second = (session().get_one(AuditEntry, number) for number in numbers)
    assert first.digest != second.digest
    assert content_of(first.id).body == content_of(second.id).body
    assert first.digest == hmac.digest(content_of(first.id).key, content_of(first.id).body.encode(), "sha256").hex()


def test_what_is_rolled_back_leaves_no_trace():
    class Oops(Exception):
        pass

    with pytest.raises(Oops), transaction():
        record("test.done", Subject("test"))
        raise Oops
    assert session().query(AuditEntry).count() == 0


def test_text_that_no_database_holds_is_held_all_the_same():
    with transaction():
        number = record("test.done", Subject("test"), after={"name": "\x00 \ud800 \u202e"})
    assert json.loads(content_of(number).body)["after"] == {"name": "\x00 \ud800 \u202e"}
