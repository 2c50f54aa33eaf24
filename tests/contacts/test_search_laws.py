"""Laws of finding: whoever is there is found, by any word of four letters or more, with any one mistake in it."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fundraising.contacts.models import Contact
from fundraising.contacts.queries.search import find
from fundraising.contacts.rules import PersonName
from fundraising.contacts.rules.folding import folded
from fundraising.contacts.rules.words import asked, mistake_keys, name_terms, one_mistake
from fundraising.contacts.services.search_index import drifted, reindex
from fundraising.db import session, transaction
from tests.factories.contacts import organisation, person

# What Dutch names are written with; letters that fold to two others are no Dutch ones.
LETTERS = "abcdefghijklmnopqrstuvwxyzABDIJKLV" + "áäçèéêëïñóöúüÿÉÖ"
PLAIN = "abcdefghijklmnopqrstuvwxyz"
words = st.text(LETTERS, min_size=1, max_size=14)
joints = st.sampled_from([" ", "-", " van der ", "'", " de ", "."])
names = st.lists(st.tuples(words, joints), min_size=1, max_size=4).map(
    lambda pairs: "".join(word + joint for word, joint in pairs).strip(" -'.")
)


@st.composite
def mistaken(draw: st.DrawFn, word: str) -> str:
    """A word with one mistake in it."""
    at = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from(PLAIN))
    return draw(
        st.sampled_from(
            [
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word + letter,
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            ]
        )
    )


def long_words(name: str) -> list[str]:
    """What anybody takes for a word of a name: between spaces, and the parts of a double name."""
    found = {folded(word) for word in [*name.split(), *re.split(r"[\W_]+", name)]}
    return sorted(word for word in found if len(word) >= 4)


_many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(word=st.text(PLAIN, min_size=4, max_size=20), data=st.data())
def test_a_word_and_its_mistake_share_a_key(word, data):
    typed = data.draw(mistaken(word))
    assert one_mistake(typed, word)
    assert mistake_keys(typed) & mistake_keys(word)


@given(st.text(max_size=300))
def test_anything_can_be_typed(text):
    wanted = asked(text)
    assert len(wanted.words) <= 8
    assert all(each for word in wanted.words for each in word.spellings)


@_many
@given(given_name=st.one_of(st.just(""), names), surname=names, data=st.data())
def test_every_person_is_found_by_any_word_with_any_mistake(app_context, given_name, surname, data):
    with transaction():
        made = person(given_name=given_name, name_prefix="", surname=surname, match_name=folded(surname))
        reindex([made])
    for word in long_words(f"{given_name} {surname}"):
        typed = data.draw(mistaken(word))
        assert made in [match.contact_id for match in find(typed, limit=1000)], (typed, word)
    session().rollback()


@_many
@given(name=names, data=st.data())
def test_an_organisation_is_found_by_its_words_in_any_order_with_a_mistake_in_each(app_context, name, data):
    # One that changes its name: among others several words may fit another just as they are.
    with transaction():
        made = session().scalar(select(Contact)) or session().get_one(Contact, organisation())
        made.organisation_name = name
        reindex([made.id])
    typed = [data.draw(mistaken(word)) for word in long_words(name)]
    shuffled = " ".join(data.draw(st.permutations(typed)))
    if shuffled:
        assert [match.contact_id for match in find(shuffled)] == [made.id], shuffled
    session().rollback()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(renamed=st.lists(st.tuples(st.integers(0, 4), names), max_size=12))
def test_whatever_changes_the_index_agrees(app_context, renamed):
    with transaction():
        made = [person() for _ in range(5)]
        reindex(made)
    for which, name in renamed:
        with transaction():
            session().get_one(Contact, made[which]).surname = name
            reindex([made[which]])
    assert list(drifted()) == []
    session().rollback()


def test_terms_hold_what_is_typed_as_one_word():
    terms = name_terms(PersonName(given_name="J.P.", prefix="van den", surname="Berg-Smit"))
    assert {"j", "p", "jp", "van", "den", "berg", "smit", "bergsmit", "vandenbergsmit"} <= terms


def test_no_more_words_than_eight_are_read():
    assert len(asked("a b c e f g h i j k").words) == 8
