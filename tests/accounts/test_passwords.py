"""Which passwords are refused, and why."""

import pytest

from fundraising.accounts.rules.passwords import PasswordFault, password_fault

ABOUT = ("Marianne van den Heuvel", "m.vandenheuvel@voorbeeldkerk.nl", "Gevangenzorg Nederland")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("kort", PasswordFault.TOO_SHORT),
        ("x" * 129, PasswordFault.TOO_LONG),
        ("Welkom2026!", PasswordFault.ABOUT_YOU),
        ("Gevangenzorg1", PasswordFault.ABOUT_YOU),
        ("marianneheuvel", PasswordFault.ABOUT_YOU),
        ("voorbeeldkerk", PasswordFault.ABOUT_YOU),
        ("passwordpassword", PasswordFault.REPEATED),
        ("abcdefghijkl", PasswordFault.ROW),
        ("aaaaaaaaaaaa", PasswordFault.REPEATED),
        ("sunshine2019", PasswordFault.COMMON),
    ],
)
def test_what_is_guessed_is_refused_with_its_reason(password, fault):
    assert password_fault(password, ABOUT) is fault


@pytest.mark.parametrize(
    "password",
    ["vier-losse-lantaarns-varen", "drie bruggen over de Vecht", "xK9#vQ2$mW7!", "é" * 3 + "ñandú-krabbel-42"],
)
def test_what_is_hard_to_guess_is_good(password):
    assert password_fault(password, ABOUT) is None
