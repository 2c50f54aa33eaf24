"""IBANs: what is wrong with one is named; a bank that nobody knows is no fault."""

import string
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fundraising.iban import IbanFault, InvalidIban, check, formatted

ING = "NL61INGB0006391416"
GOOD = [ING, "NL91ABNA0417164300", "BE68539007547034", "DE89370400440532013000", "FR1420041010050500013M02606"]


@pytest.mark.parametrize(
    "typed",
    [ING, "NL61 INGB 0006 3914 16", "nl61ingb0006391416", " NL61-INGB-0006-3914-16 ", "IBAN NL61\u00a0INGB0006391416"],
)
def test_read_however_it_is_typed(typed):
    checked = check(typed)
    assert checked.compact == ING
    assert checked.formatted == "NL61 INGB 0006 3914 16"
    assert "ING" in checked.bank
    assert checked.bic == "INGBNL2A"


@pytest.mark.parametrize("iban", GOOD)
def test_good_ibans_of_several_countries(iban):
    assert check(iban).compact == iban


def test_an_unknown_bank_is_a_hint_and_no_error():
    # Right in length and check digits, of a bank code that no register lists.
    checked = check(_with_check_digits("NL", "ZZZZ0000000001"))
    assert (checked.bank, checked.bic) == ("", "")


@pytest.mark.parametrize(
    ("typed", "fault", "missing"),
    [
        ("", IbanFault.CHARACTERS, 0),
        ("NL61 INGB 0006 3914 1€", IbanFault.CHARACTERS, 0),
        ("NL61INGB0006391416\x00", IbanFault.CHARACTERS, 0),
        ("NL61INGß006391416", IbanFault.CHARACTERS, 0),
        ("IBAN", IbanFault.COUNTRY, 0),
        ("N" * 10_000, IbanFault.CHARACTERS, 0),
        ("XX61INGB0006391416", IbanFault.COUNTRY, 0),
        ("1", IbanFault.COUNTRY, 0),
        ("6391416", IbanFault.COUNTRY, 0),
        ("NL61INGB000639141", IbanFault.TOO_SHORT, 1),
        ("NL", IbanFault.TOO_SHORT, 16),
        ("NL61INGB00063914160", IbanFault.TOO_LONG, 1),
        ("NL62INGB0006391416", IbanFault.CHECK_DIGITS, 0),
        ("NL61INGB0006391461", IbanFault.CHECK_DIGITS, 0),
        ("TR330006100519786457841326", IbanFault.NOT_SEPA, 0),
        ("NLXXINGB0006391416", IbanFault.FORMAT, 0),
        ("NL611NGB0006391416", IbanFault.FORMAT, 0),
    ],
)
def test_an_error_names_what_is_wrong(typed, fault, missing):
    with pytest.raises(InvalidIban) as refused:
        check(typed)
    assert (refused.value.fault, refused.value.missing) == (fault, missing)


@given(st.sampled_from(GOOD), st.data())
def test_one_wrong_character_is_always_noticed(iban, data):
    place = data.draw(st.integers(2, len(iban) - 1))
    alphabet = string.digits if iban[place].isdigit() else string.ascii_uppercase
    other = data.draw(st.sampled_from(alphabet))
    assume(other != iban[place])
    with pytest.raises(InvalidIban):
        check(iban[:place] + other + iban[place + 1 :])


@given(st.sampled_from(GOOD), st.data())
def test_two_neighbours_swapped_are_always_noticed(iban, data):
    place = data.draw(st.integers(4, len(iban) - 2))
    assume(iban[place] != iban[place + 1])
    with pytest.raises(InvalidIban):
        check(iban[:place] + iban[place + 1] + iban[place] + iban[place + 2 :])


@given(st.integers(0, 10**10 - 1))
def test_every_dutch_account_with_right_digits_is_accepted(number):
    iban = _with_check_digits("NL", f"RABO{number:010d}")
    assert check(formatted(iban)).compact == iban


@given(st.text(max_size=40))
def test_no_text_breaks_the_check(text):
    with suppress(InvalidIban):
        assert check(text).compact.isalnum()


def _with_check_digits(country: str, account: str) -> str:
    # ISO 7064 mod 97-10, letters counted from A = 10.
    number = int("".join(str(int(sign, 36)) for sign in f"{account}{country}00"))
    return f"{country}{98 - number % 97:02d}{account}"
