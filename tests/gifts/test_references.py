"""Reference codes: what is typed wrongly is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundraising.gifts.rules import BadReference, new_reference, parse_reference, written_reference
from fundraising.gifts.rules.references import REFERENCE_ALPHABET, REFERENCE_LENGTH

REFERENCES = st.builds(new_reference)
POSITIONS = st.integers(0, REFERENCE_LENGTH - 1)


@given(REFERENCES)
def test_a_reference_is_read_as_it_was_written(reference):
    assert len(reference) == REFERENCE_LENGTH
    assert set(reference) <= set(REFERENCE_ALPHABET)
    assert parse_reference(reference) == reference
    assert parse_reference(written_reference(reference)) == reference


@given(REFERENCES, st.sampled_from(["-", " ", "\u2013", "\u2011", "\u00a0", " - ", "_", "\n"]), st.booleans())
def test_case_spaces_and_dashes_do_not_matter(reference, separator, small):
    typed = separator.join(reference[i : i + 4] for i in range(0, REFERENCE_LENGTH, 4))
    assert parse_reference(f" {typed.lower() if small else typed} ") == reference


@given(REFERENCES, POSITIONS, st.sampled_from(REFERENCE_ALPHABET))
def test_every_single_wrong_symbol_is_noticed(reference, position, symbol):
    wrong = reference[:position] + symbol + reference[position + 1 :]
    if wrong == reference:
        assert parse_reference(wrong) == reference
        return
    with pytest.raises(BadReference):
        parse_reference(wrong)


@given(REFERENCES, POSITIONS, POSITIONS)
def test_every_two_symbols_that_changed_places_are_noticed(reference, one, other):
    symbols = list(reference)
    symbols[one], symbols[other] = symbols[other], symbols[one]
    wrong = "".join(symbols)
    if wrong == reference:
        assert parse_reference(wrong) == reference
        return
    with pytest.raises(BadReference):
        parse_reference(wrong)


@given(st.text())
def test_any_text_is_a_reference_or_refused(text):
    try:
        reference = parse_reference(text)
    except BadReference:
        return
    assert parse_reference(reference) == reference


@pytest.mark.parametrize(
    "typed", ["", "A", "AAAA-AAAA-AAA", "AAAA-AAAA-AAAAA", "AAAA-AAAA-AAAB", "AAAA-AAAA-AAA!", "é" * 12]
)
def test_what_is_no_reference_is_refused(typed):
    with pytest.raises(BadReference):
        parse_reference(typed)


def test_a_reference_is_shown_in_fours():
    assert written_reference("ACDEFKLMNPRT") == "ACDE-FKLM-NPRT"


def test_references_do_not_repeat():
    assert len({new_reference() for _ in range(10_000)}) == 10_000
