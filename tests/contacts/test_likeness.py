"""How much two contacts look alike, and why."""

from dataclasses import replace

import pytest

from fundraising.contacts.rules import ContactKind, OrganisationKind, PersonName, Salutation
from fundraising.contacts.rules.likeness import POINTS, WORTH_JUDGING, Likeness, Traits, compared

JAN = Traits(kind=ContactKind.PERSON, name=PersonName(Salutation.MR, "Jan", "de", "Vries"))
CHURCH = Traits(
    kind=ContactKind.ORGANISATION, organisation_kind=OrganisationKind.CHURCH, organisation_name="Dorpskerk Ede"
)


def shared(a, b):
    return set(compared(a, b).reasons)


def test_a_name_alone_is_not_worth_judging():
    assert compared(JAN, JAN).reasons == (Likeness.SAME_NAME,)
    assert compared(JAN, JAN).score < WORTH_JUDGING


@pytest.mark.parametrize(
    ("trait", "reason"),
    [
        ("emails", Likeness.SAME_EMAIL),
        ("phones", Likeness.SAME_PHONE),
        ("ibans", Likeness.SAME_IBAN),
        ("addresses", Likeness.SAME_ADDRESS),
        ("registrations", Likeness.SAME_REGISTRATION),
    ],
)
def test_a_name_and_one_thing_more_is(trait, reason):
    one = replace(JAN, **{trait: frozenset({"x"})})
    other = replace(JAN, **{trait: frozenset({"x", "y"})})
    assert shared(one, other) == {Likeness.SAME_NAME, reason}
    assert compared(one, other).score == POINTS[Likeness.SAME_NAME] + POINTS[reason] >= WORTH_JUDGING


def test_a_couple_that_shares_a_mailbox_is_two():
    johanna = replace(JAN, name=PersonName(Salutation.MRS, "Johanna", "de", "Vries"))
    couple = compared(replace(JAN, emails=frozenset({"a"})), replace(johanna, emails=frozenset({"a"})))
    assert couple.score < WORTH_JUDGING
    assert Likeness.NAMES_CLASH in couple.reasons


def test_one_slip_in_a_surname_is_nearly_the_same_name():
    jansen = replace(JAN, name=PersonName(Salutation.MR, "P.", "", "Jansen"), emails=frozenset({"a"}))
    janssen = replace(jansen, name=PersonName(Salutation.MR, "P.", "", "Janssen"))
    assert shared(jansen, janssen) == {Likeness.NEARLY_SAME_NAME, Likeness.SAME_EMAIL}
    pietersen = replace(jansen, name=PersonName(Salutation.MR, "P.", "", "Pietersen"))
    assert Likeness.NAMES_CLASH in compared(jansen, pietersen).reasons


def test_organisations_of_one_name_in_one_town_are_worth_judging():
    ede = replace(CHURCH, towns=frozenset({"ede"}))
    assert compared(ede, ede).score >= WORTH_JUDGING
    assert compared(ede, replace(CHURCH, towns=frozenset({"urk"}))).score < WORTH_JUDGING
    turned = replace(ede, organisation_name="Ede, Dorpskerk te")
    assert Likeness.NEARLY_SAME_NAME in compared(ede, replace(turned, organisation_name="Ede Dorpskerk")).reasons


def test_of_people_a_town_says_nothing():
    here = replace(JAN, towns=frozenset({"ede"}))
    assert shared(here, here) == {Likeness.SAME_NAME}


@pytest.mark.parametrize(
    "other",
    [JAN, replace(CHURCH, organisation_kind=OrganisationKind.DIACONIE)],
    ids=["a person", "its diaconie"],
)
def test_what_is_of_another_kind_is_never_alike(other):
    same = {"emails": frozenset({"a"}), "ibans": frozenset({"i"})}
    assert compared(replace(CHURCH, **same), replace(other, **same)) == compared(other, CHURCH)
    assert compared(CHURCH, other).score == 0


def test_likeness_is_the_same_from_either_side():
    one = replace(JAN, emails=frozenset({"a"}), phones=frozenset({"1"}))
    other = replace(JAN, emails=frozenset({"a"}), name=PersonName(Salutation.UNKNOWN, "J.", "", "Vries"))
    assert compared(one, other) == compared(other, one)
