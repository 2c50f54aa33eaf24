"""What donors type, and what is made of it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from fundraising.giving.forms.address import AddressForm
from fundraising.giving.forms.give import GiveForm, Limits, Offer
from fundraising.giving.rules import DonorKind, Method, Route
from fundraising.money import Euro
from fundraising.programmes.queries import OptionView
from fundraising.web.fields import better_email, clean_line, clean_source, clean_text

TYPED = {
    "amount": "1000.00",
    "kind": "person",
    "salutation": "mr",
    "given_name": "J.",
    "surname": "Jansen",
    "email": "j.jansen@example.nl",
    "method": "ideal",
}


@pytest.fixture(autouse=True)
def language():
    app = Flask(__name__)
    Babel(app)
    with app.app_context():
        yield


def offer() -> Offer:
    return Offer(
        options=[OptionView(Euro.of(500), None, ""), OptionView(Euro.of(1000), None, "")],
        methods=[
            Method("ideal", "iDEAL | Wero", Euro(1), Euro.of(50_000)),
            Method("creditcard", "Card", Euro(1), Euro.of(1_000)),
            Method("banktransfer", "Overboeking", Euro(1), None),
        ],
        limits=Limits(Euro.of(1), Euro.of(50_000), "Marianne Bruning", "06 131 822 77"),
        english=False,
    )


def filled(**changes: str | None) -> GiveForm:
    typed = {name: value for name, value in (TYPED | changes).items() if value is not None}
    form = GiveForm(offer(), MultiDict(typed))
    form.validate()
    return form


def faults(**changes: str | None) -> set[str]:
    return {str(name) for name in filled(**changes).errors}


def error(field: str, **changes: str | None) -> str:
    form = filled(**changes)
    assert set(form.errors) == {field}
    return str(form[field].errors[0])


def submission(**changes: str | None):
    form = filled(**changes)
    assert not form.errors
    return form.submission(nonce="n", programme_id=1, language="nl")


def test_the_least_that_a_donor_fills_in():
    taken = submission()
    assert (taken.amount, taken.route, taken.method) == (Euro.of(1000), Route.ONLINE, "ideal")
    assert (taken.donor.kind, taken.donor.newsletter, taken.donor.phone) == (DonorKind.PERSON, False, "")


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("1300", 130_000),
        ("1.300", 130_000),
        ("1.300,00", 130_000),
        ("€ 25", 2_500),
        ("25,5", 2_550),
        ("25.50", 2_550),
        (" € 1.300,- ", 130_000),
        ("1", 100),
        ("50.000", 5_000_000),
        ("1\u00a0300", 130_000),
    ],
)
def test_another_amount_as_people_write_it(typed, cents):
    assert submission(amount="other", other_amount=typed).amount == Euro(cents)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "NaN",
        "nan",
        "Infinity",
        "-5",
        "−5",
        "0",
        "0,99",
        "1e9",
        "1,300",
        "12,345",
        "50.000,01",
        "999999999999999999999",
        "9" * 10_000,
        "<b>25</b>",
        "٢٥",
        "25 dollar",
        "0x19",
        "\x0025",
    ],
)
def test_what_is_no_amount_is_refused_at_its_field(typed):
    assert faults(amount="other", other_amount=typed) == {"other_amount"}


def test_above_the_most_a_person_is_named_to_call():
    message = error("other_amount", amount="other", other_amount="75.000")
    assert "Marianne Bruning" in message
    assert "06 131 822 77" in message
    assert "€\u00a050.000" in message


@pytest.mark.parametrize("typed", ["1300.00", "-500.00", "0", "", None, "500"])
def test_only_the_amounts_of_this_page_can_be_chosen(typed):
    assert faults(amount=typed) == {"amount"}


def test_two_amounts_at_once_are_a_riddle_for_the_donor():
    assert faults(amount="500.00", other_amount="750") == {"other_amount"}
    assert faults(amount="500.00", other_amount="500") == set()


@pytest.mark.parametrize("kind", ["church", "diaconie", "school", "company"])
def test_an_organisation_has_a_name(kind):
    assert faults(kind=kind) == {"organisation_name"}
    assert submission(kind=kind, organisation_name="Dorpskerk").donor.organisation_name == "Dorpskerk"


def test_a_person_gives_in_nobody_elses_name():
    assert submission(kind="person", organisation_name="Dorpskerk").donor.organisation_name == ""


@pytest.mark.parametrize("field", ["given_name", "surname", "email"])
def test_what_is_needed(field):
    assert faults(**{field: ""}) == {field}
    assert faults(**{field: " \u200b "}) == {field}
    assert faults(**{field: None}) == {field}


@pytest.mark.parametrize(
    "typed",
    [
        "Jan\x00sen",
        "Jan\x1bsen",
        "J" * 121,
        "J" * 10_000,
        "<script>alert(1)</script>",
        "https://example.com",
        "www.example.com",
        "123",
        "...",
        "Jan\ue000sen",
    ],
)
def test_what_is_no_name(typed):
    assert faults(surname=typed) == {"surname"}


@pytest.mark.parametrize(
    "typed", ["O'Neill", "d'Ancona", "Jansen-de Vries", "Müller", "Ó Súilleabháin", "李", "Dorpskerk"]
)
def test_names_that_people_have(typed):
    assert submission(surname=typed).donor.name.surname == typed


def test_direction_marks_and_zero_width_signs_are_taken_out():
    assert submission(surname="\u202eJan\u200bsen\u2066").donor.name.surname == "Jansen"
    assert clean_line("  e\u0301e\u0301n \t twee ") == "één twee"
    assert clean_text(" regel 1  \r\n\r\nregel\u200f 2\r") == "regel 1\n\nregel 2"


@pytest.mark.parametrize(
    "typed", ["jansen", "jansen@", "@example.nl", "a b@example.nl", "jansen@example", "jansen@example.nl, x@example.nl"]
)
def test_what_is_no_email_address(typed):
    assert faults(email=typed) == {"email"}


def test_an_email_address_is_written_as_servers_know_it():
    assert submission(email=" J.Jansen@EXAMPLE.nl ").donor.email == "J.Jansen@example.nl"
    assert submission(email="jan@bücher.example.com").donor.email == "jan@xn--bcher-kva.example.com"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anna@gmial.com", "anna@gmail.com"),
        ("anna@gmail.con", "anna@gmail.com"),
        ("anna@hotmial.com", "anna@hotmail.com"),
        ("anna@zigo.nl", "anna@ziggo.nl"),
        ("anna@gmail.com", ""),
        ("anna@example.nl", ""),
        ("anna", ""),
    ],
)
def test_a_mail_domain_that_looks_mistyped(typed, meant):
    assert better_email(typed) == meant


@pytest.mark.parametrize(
    ("typed", "number"),
    [("06 131 822 77", "+31613182277"), ("+32 2 555 12 12", "+3225551212"), ("030-1234567", "+31301234567"), ("", "")],
)
def test_telephone_numbers(typed, number):
    assert submission(phone=typed).donor.phone == number


@pytest.mark.parametrize("typed", ["12", "bel mij", "0612345", "06 00000000000000"])
def test_what_is_no_telephone_number(typed):
    assert faults(phone=typed) == {"phone"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("NL91 ABNA 0417 1643 0", "is missing 1 character."),
        ("NL91 ABNA 0417 16", "is missing 4 characters."),
        ("NL91 ABNA 0417 1643 000", "1 character too many"),
        ("NL92 ABNA 0417 1643 00", "check digits"),
        ("XX91 ABNA 0417 1643 00", "two letters of a country"),
        ("TR33 0006 1005 1978 6457 8413 26", "SEPA"),
        ("NL91 ABNA 0417 1643 é0", "letters and digits only"),
    ],
)
def test_an_iban_says_what_is_wrong_with_it(typed, words):
    assert words in error("iban", iban=typed)


def test_an_iban_without_a_known_bank_is_taken():
    assert submission(iban="be68 5390 0754 7034").donor.iban == "BE68539007547034"


def test_a_message_keeps_its_lines_and_has_an_end():
    assert submission(message="Voor het koor.\r\n\r\nGroet").donor.message == "Voor het koor.\n\nGroet"
    assert faults(message="a" * 2001) == {"message"}
    assert faults(message="a\x07b") == {"message"}


def test_the_newsletter_is_for_who_asked():
    assert submission().donor.newsletter is False
    assert submission(newsletter="y").donor.newsletter is True


def test_a_method_that_does_not_take_the_amount_is_left_to_the_checkout():
    assert submission(method="creditcard").method == "creditcard"
    assert submission(method="creditcard", amount="other", other_amount="2.000").method == ""
    assert submission(method="choose").method == ""


def test_own_transfer():
    taken = submission(method="transfer")
    assert (taken.route, taken.method) == (Route.TRANSFER, "")


@pytest.mark.parametrize("typed", ["", None, "bitcoin", "banktransfer"])
def test_only_the_methods_of_this_page_can_be_chosen(typed):
    assert faults(method=typed) == {"method"}


def test_without_methods_from_mollie_one_can_still_pay():
    form = GiveForm(Offer(offer().options, [], offer().limits, english=False))
    assert [value for value, _label in form.methods] == ["choose", "transfer"]


def test_methods_have_english_names_on_an_english_page_and_mollies_on_a_dutch_one():
    methods = [Method(code, name, Euro(1), None) for code, name in (("giftcard", "Cadeaukaart"), ("twint", "TWINT"))]
    shown = {}
    for english in (False, True):
        form = GiveForm(Offer(offer().options, methods, offer().limits, english=english))
        shown[english] = [label for value, label in form.methods if value not in {"choose", "transfer"}]
    assert shown == {False: ["Cadeaukaart", "TWINT"], True: ["Gift card", "TWINT"]}


@pytest.mark.parametrize("field", ["kind", "salutation"])
@pytest.mark.parametrize("typed", ["", "emperor", "<b>", None])
def test_choices_that_do_not_exist(field, typed):
    if typed is None:
        assert faults(**{field: typed}) <= {field}
    else:
        assert field in faults(**{field: typed})


@given(st.text(max_size=200))
def test_a_source_code_is_kept_and_harms_nothing(text):
    code = clean_source(text)
    assert len(code) <= 64
    assert code.isprintable()
    assert clean_source(code) == code


@given(st.dictionaries(st.sampled_from([*TYPED, "other_amount", "iban", "phone", "message", "via"]), st.text()))
def test_nothing_that_is_typed_breaks_the_form(typed):
    form = GiveForm(offer(), MultiDict(typed))
    if form.validate():
        assert form.submission(nonce="n", programme_id=1, language="nl").amount > Euro(0)
    else:
        assert form.errors


def test_a_form_with_faults_is_no_submission():
    with pytest.raises(ValueError, match="faults"):
        filled(email="nee").submission(nonce="n", programme_id=1, language="nl")


def test_an_address():
    form = AddressForm(
        MultiDict({"street": "Dorpsstraat", "house_number": "12 A", "postcode": "1234ab", "town": "Ede"})
    )
    assert form.validate()
    assert form.address().postcode == "1234 AB"


@pytest.mark.parametrize(
    ("field", "typed"),
    [("postcode", "12345"), ("postcode", "1234 SS"), ("house_number", "A"), ("town", ""), ("street", "")],
)
def test_what_is_no_address(field, typed):
    good = {"street": "Dorpsstraat", "house_number": "12", "postcode": "1234 AB", "town": "Ede"}
    form = AddressForm(MultiDict(good | {field: typed}))
    assert not form.validate()
    assert set(form.errors) == {field}
