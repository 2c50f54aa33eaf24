"""Whoever gives in whatever order: nobody is attached to a name that clashes, and every doubt is noted."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from fundraising.contacts.models import Contact, ContactEmail, ContactIban, DuplicateCandidate
from fundraising.contacts.queries import ContactFilter, contact, contacts
from fundraising.contacts.queries.likeness import candidate_page
from fundraising.contacts.rules import Identity, PersonName, Salutation, names_compatible, tidied
from fundraising.contacts.services.recognition import find_or_create
from fundraising.db import session, transaction

pytestmark = pytest.mark.usefixtures("app_context")

ACCOUNTS = st.sampled_from(["", "NL91ABNA0417164300", "NL61INGB0006391416"])
GIVERS = st.builds(
    Identity,
    st.builds(
        PersonName,
        st.sampled_from(Salutation),
        st.sampled_from(["", "J.", "Jan", "Johan", "Johanna", "J.P.", "J.M.", "M.", "J. en M."]),
        st.just("de"),
        st.sampled_from(["Vries", "Boer"]),
    ),
    email=st.sampled_from(["a@example.nl", "A@example.nl", "b@example.nl", ""]),
    typed_iban=ACCOUNTS,
)


def forget_everybody() -> None:
    with transaction():
        for table in (DuplicateCandidate, ContactEmail, ContactIban, Contact):
            session().execute(delete(table))


def ways(contact_id: int) -> set[str]:
    row = contact(contact_id)
    return {email.casefold() for email in row.emails} | {known.iban for known in row.ibans}


def test_nobody_is_attached_by_a_guess_and_every_doubt_is_noted(app_context):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(GIVERS, ACCOUNTS), max_size=8))
    def law(gifts: list[tuple[Identity, str]]) -> None:
        forget_everybody()
        said: dict[int, list[PersonName]] = defaultdict(list)
        for who, account in gifts:
            with transaction():
                found = find_or_create(who, proven_iban=account or None, source="test")
            assert names_compatible(contact(found).name, tidied(who.name))
            if who.name.given_name:  # without one a name tells too little to clash with
                assert all(names_compatible(before, who.name) for before in said[found])
                said[found].append(who.name)
            assert ways(found) >= {way for way in (who.email.casefold(), who.typed_iban, account) if way}
        everybody = [each.contact_id for each in contacts(ContactFilter())]
        sharing = {pair for pair in combinations(everybody, 2) if ways(pair[0]) & ways(pair[1])}
        assert {(pair.contact_id, pair.other_id) for pair in candidate_page()} == sharing
        session().rollback()

    law()
