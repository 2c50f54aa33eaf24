"""Registers' numbers, and how people of one household are written to."""

from __future__ import annotations

from datetime import date

import pytest

from fundraising.contacts.rules import PersonName, Salutation
from fundraising.contacts.rules.households import JointSalutation, joint_salutation, written_now
from fundraising.contacts.rules.refusals import Refusal
from fundraising.contacts.rules.registers import (
    NotRegistered,
    brin_number,
    dutch_postcode,
    kvk_number,
    rsin_number,
)
from fundraising.contacts.rules.terms import Term, check_likely

MR, MRS, UNKNOWN = Salutation.MR, Salutation.MRS, Salutation.UNKNOWN


@pytest.mark.parametrize(
    ("check", "typed", "kept"),
    [
        (kvk_number, " 1234 5678 ", "12345678"),
        (rsin_number, "1234.56.782", "123456782"),
        (brin_number, "02 lt", "02LT"),
        (brin_number, "25EA00", "25EA00"),
        (dutch_postcode, "1234ab", "1234 AB"),
    ],
)
def test_a_number_is_kept_in_one_form(check, typed, kept):
    assert check(typed) == kept


@pytest.mark.parametrize(
    ("check", "typed"),
    [
        (kvk_number, "1234567"),
        (kvk_number, "123456789"),
        (kvk_number, "00000000"),
        (kvk_number, "١٢٣٤٥٦٧٨"),
        (kvk_number, "1234567a"),
        (rsin_number, "123456789"),
        (rsin_number, "12345678"),
        (rsin_number, "١٢٣٤٥٦٧٨٢"),
        (brin_number, "LT02"),
        (brin_number, "2LT"),
        (dutch_postcode, "0123 AB"),
        (dutch_postcode, "1234"),
        (rsin_number, ""),
        (brin_number, "x" * 10_000),
    ],
)
def test_a_number_that_cannot_be_is_refused(check, typed):
    with pytest.raises(NotRegistered):
        check(typed)


def name(salutation, given, prefix, surname) -> PersonName:
    return PersonName(salutation, given, prefix, surname)


@pytest.mark.parametrize(
    ("names", "addressee", "greeting"),
    [
        (
            [name(MR, "J.", "van der", "Berg"), name(MRS, "A.", "van der", "Berg")],
            "De heer en mevrouw Van der Berg",
            "Geachte heer en mevrouw Van der Berg,",
        ),
        (
            [name(MRS, "A.", "van der", "Berg-Jansen"), name(MR, "J.", "van der", "Berg")],
            "De heer en mevrouw Van der Berg",
            "Geachte heer en mevrouw Van der Berg,",
        ),
        (
            [name(MR, "J.", "de", "Vries"), name(MRS, "A.", "", "Bakker")],
            "De heer J. de Vries en mevrouw A. Bakker",
            "Geachte heer De Vries en mevrouw Bakker,",
        ),
        (
            [name(MRS, "A.", "", "Bakker"), name(MR, "J.", "'t", "Hart")],
            "Mevrouw A. Bakker en de heer J. 't Hart",
            "Geachte mevrouw Bakker en heer 't Hart,",
        ),
        (
            [name(MR, "A.", "", "Bos"), name(MRS, "B.", "", "Boskamp")],
            "De heer A. Bos en mevrouw B. Boskamp",
            "Geachte heer Bos en mevrouw Boskamp,",
        ),
        ([name(MRS, "A.", "", "Smit"), name(MRS, "B.", "", "Smit")], "De dames Smit", "Geachte dames Smit,"),
        ([name(MR, "A.", "", "Smit"), name(MR, "B.", "", "Smit")], "De heren Smit", "Geachte heren Smit,"),
        (
            [name(UNKNOWN, "A.", "ten", "Have"), name(MR, "B.", "ten", "Have")],
            "Familie Ten Have",
            "Geachte familie Ten Have,",
        ),
        (
            [name(UNKNOWN, "A.", "", "Smit"), name(MR, "B.", "", "Bakker")],
            "A. Smit en de heer B. Bakker",
            "Geachte A. Smit en heer Bakker,",
        ),
        (
            [name(MR, "A.", "", "Smit"), name(MRS, "B.", "", "Smit"), name(UNKNOWN, "C.", "de", "Wit")],
            "Familie Smit en De Wit",
            "Geachte familie Smit en De Wit,",
        ),
    ],
)
def test_people_of_a_household_are_written_to_together(names, addressee, greeting):
    assert joint_salutation(names) == JointSalutation(addressee, greeting)


def test_nobody_reads_the_name_of_who_died():
    kept = JointSalutation("De heer en mevrouw Smit", "Beste Bert en Anna,")
    bert, anna, child = name(MR, "B.", "", "Smit"), name(MRS, "A.", "", "Smit"), name(UNKNOWN, "C.", "", "Smit")
    assert written_now(kept, [(bert, True), (anna, True)], "nl") == kept
    alone = JointSalutation("Mevrouw A. Smit", "Geachte mevrouw Smit,")
    assert written_now(kept, [(bert, False), (anna, True)], "nl") == alone
    # Two that turned out to be one person.
    assert written_now(kept, [(anna, True)], "nl") == alone
    assert written_now(kept, [(bert, False), (anna, True), (child, True)], "nl").addressee == "Familie Smit"
    assert written_now(kept, [(bert, False), (anna, False)], "nl") == kept


def test_in_english():
    couple = [name(MR, "J.", "van der", "Berg"), name(MRS, "A.", "van der", "Berg")]
    assert joint_salutation(couple, "en") == JointSalutation("Mr and Ms Van der Berg", "Dear Mr and Ms Van der Berg,")
    apart = [name(MR, "J.", "", "Smit"), name(MRS, "A.", "", "Bakker")]
    assert joint_salutation(apart, "en").greeting == "Dear Mr Smit and Ms Bakker,"


@pytest.mark.parametrize(
    ("term", "ended"),
    [
        (Term(), False),
        (Term(date(2026, 3, 14), date(2026, 3, 14)), False),
        (Term(None, date(2026, 3, 14)), False),
        (Term(None, date(2026, 3, 13)), True),
    ],
)
def test_a_term_holds_up_to_and_including_its_last_day(term, ended):
    assert term.ended_by(date(2026, 3, 14)) is ended


def test_nobody_can_have_meant_a_date_in_another_age():
    today = date(2026, 3, 14)
    check_likely([None, date(1900, 1, 1), date(2030, 12, 31)], today)
    for slip in (date(1899, 12, 31), date(2032, 1, 1)):
        with pytest.raises(Refusal):
            check_likely([slip], today)
