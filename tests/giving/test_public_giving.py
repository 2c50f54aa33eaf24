"""The giving page: what a donor sees, sends, and is answered."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from fundraising import clock
from fundraising.db import session
from fundraising.giving import queries
from fundraising.giving.models import Donation, SubmissionAttempt
from fundraising.giving.rules import AttemptOutcome, DonorKind, Route
from fundraising.giving.rules.velocity import MOST_IN_10_MINUTES
from fundraising.giving.simulator.faults import add_api_fault
from fundraising.mailer import OutgoingMail
from fundraising.money import Euro
from tests.giving.giving_form import ACHTERBLIJVERS, ANSWERS, HERSTELWERK, Visitor

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def visitor(house):
    return Visitor(house.app)


def donations() -> list[Donation]:
    return session().query(Donation).order_by(Donation.id).all()


def only_donation() -> Donation:
    [donation] = donations()
    return donation


@pytest.mark.parametrize(
    ("address", "amounts"),
    [
        (HERSTELWERK, ["500.00", "1000.00", "2000.00", "other"]),
        (ACHTERBLIJVERS, ["1300.00", "2600.00", "3900.00", "other"]),
        ("/en" + ACHTERBLIJVERS, ["1300.00", "2600.00", "3900.00", "other"]),
    ],
)
def test_a_programme_with_its_own_amounts(visitor, address, amounts):
    page = visitor.pages.get(address)
    assert [radio.get("value") for radio in page.all("input", name="amount")] == amounts
    assert page.form(address).values()["amount"] == amounts[:1]
    assert page.all("input", name="newsletter")[0].get("checked") is None


def test_only_the_price_of_a_family_is_told(visitor):
    assert "2 gezinnen" in visitor.pages.get(ACHTERBLIJVERS).text
    assert "gezin" not in str(visitor.pages.get(HERSTELWERK).form().element.itertext())
    assert visitor.pages.get(HERSTELWERK).form().element.get("data-unit") is None


def test_each_page_knows_its_other_language(visitor):
    page = visitor.pages.get("/en" + HERSTELWERK)
    assert page.root.get("lang") == "en"
    assert page.response.headers["Content-Language"] == "en"
    assert [button.get("formaction") for button in page.all("button", lang="nl")] == [HERSTELWERK + "?invullen"]
    alternates = {link.get("hreflang"): link.get("href") for link in page.all("link", rel="alternate")}
    assert alternates == {"nl": "http://localhost" + HERSTELWERK, "en": "http://localhost/en" + HERSTELWERK}


def test_an_unknown_programme(visitor):
    assert "bestaat niet" in visitor.pages.get("/steun/onzin", status=404).text
    assert visitor.pages.client.post("/steun/onzin", data=ANSWERS).status_code == 404


def test_every_opened_page_has_a_token_of_its_own(visitor):
    tokens = {visitor.pages.get(HERSTELWERK).form().values()["token"][0] for _ in range(3)}
    assert len(tokens) == 3


def test_no_cookie_whatever_one_does(visitor):
    answers = [visitor.pages.get(HERSTELWERK).response, visitor.send(), visitor.send(email="nee")]
    assert all(
        "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers.get("Vary", "") for answer in answers
    )


def test_the_way_to_the_checkout_leads_over_a_page_of_ours(visitor):
    answer = visitor.send(amount="1000.00", message="Met groet")
    donation = only_donation()
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/betaling/{donation.reference}"
    page = visitor.pages.get(answer.headers["Location"])
    status = queries.donation_status(donation.reference)
    assert page.link("€ 1.000") == status.checkout_url
    [refresh] = [meta for meta in page.all("meta") if meta.get("http-equiv") == "refresh"]
    assert refresh.get("content") == f"0; url={status.checkout_url}"
    assert page.response.headers["Cache-Control"] == "no-store"
    assert "Sluis" not in page.response.text


def test_all_that_was_filled_in_is_stored(visitor):
    visitor.give(
        "/en" + ACHTERBLIJVERS + "?via=kerkblad-2026",
        amount="other",
        other_amount="€ 1.300,50",
        kind="church",
        organisation_name="Dorpskerk",
        phone="06 131 822 77",
        iban="nl91abna0417164300",
        message="Voor\nallen",
        newsletter="y",
    )
    donation = only_donation()
    donor = donation.donor
    assert (donation.amount, donation.route, donation.language) == (Euro(130_050), Route.ONLINE, "en")
    assert donation.source_code == "kerkblad-2026"
    assert (donor.kind, donor.organisation_name) == (DonorKind.CHURCH, "Dorpskerk")
    assert (donor.given_name, donor.name_prefix, donor.surname) == ("A.", "van der", "Sluis")
    assert (donor.phone, donor.iban, donor.newsletter) == ("+31613182277", "NL91ABNA0417164300", True)
    assert donor.message == "Voor\nallen"


def test_the_donor_returns_in_their_own_language(visitor, house):
    visitor.give("/en" + HERSTELWERK)
    [payment] = queries.payments()
    made = house.mollie.world.store.get("payment", payment.provider_id)
    assert urlsplit(made.body["redirect_url"]).path == f"/en/bedankt/{payment.reference}"


@pytest.mark.parametrize(("language", "home", "other"), [("", "/", "English"), ("/en", "/en/", "Nederlands")])
def test_what_came_with_a_giving_link_goes_along_until_the_form(visitor, language, home, other):
    front = visitor.pages.get(home + "?via=kerk%20blad&bedrag=75")
    assert not visitor.pages.get(home).link("HerstelWerk").partition("?")[2]
    other_front = visitor.pages.get(front.link(other))
    for page in (visitor.pages.get(front.link("HerstelWerk")), visitor.pages.get(other_front.link("HerstelWerk"))):
        form = page.form("/steun/herstelwerk")
        assert form.values()["via"] == ["kerk blad"]
        assert form.values()["other_amount"] == ["75"]
        assert form.element.get("action").partition("?")[2] == "geven"
    [button] = visitor.pages.get(f"{language}{HERSTELWERK}?via=kerk%20blad").all(
        "button", lang="en" if other == "English" else "nl"
    )
    assert "via=kerk+blad&invullen" in button.get("formaction")


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", '"><b>', "kerk\u202eblad", "x" * 500, "\x00\x1b"])
def test_an_odd_source_code_harms_nothing(visitor, typed):
    page = visitor.pages.client.get(HERSTELWERK, query_string={"via": typed})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "\u202e" not in page.text


@pytest.mark.parametrize(
    ("wanted", "amount", "other"),
    [
        ("1000", "1000.00", ""),
        ("75", "other", "75"),
        ("1.234,56", "other", "1.234,56"),
        ("0,01", "500.00", ""),
        ("999999", "500.00", ""),
        ("NaN", "500.00", ""),
        ("-5", "500.00", ""),
        ("<b>", "500.00", ""),
    ],
)
def test_a_link_with_an_amount(visitor, wanted, amount, other):
    page = visitor.pages.get(f"{HERSTELWERK}?bedrag={wanted}")
    values = page.form().values()
    assert (values["amount"], values["other_amount"]) == ([amount], [other])


@pytest.mark.parametrize(("wanted", "cents"), [("2.750", 275_000), ("2.750,50", 275_050), ("75", 7_500)])
@pytest.mark.parametrize("language", ["", "/en"])
def test_the_amount_of_a_link_is_taken_as_it_stands_there(visitor, language, wanted, cents):
    visitor.give(f"{language}{HERSTELWERK}?bedrag={wanted}")
    assert only_donation().amount == Euro(cents)


def test_errors_stand_at_the_field_and_above_and_what_was_typed_stays(visitor):
    page = visitor.submit(email="anna@gmial", iban="NL91 ABNA 0417 1643 0", message="Dag <b>", status=422)
    assert {"#email", "#iban"} == {link.get("href") for link in page.by_id("errors").iter("a")}
    assert page.by_id("email").get("aria-invalid") == "true"
    assert "email-error" in page.by_id("email").get("aria-describedby")
    again = page.form(HERSTELWERK).values()
    assert (again["email"], again["message"], again["surname"]) == (["anna@gmial"], ["Dag <b>"], ["Sluis"])
    assert donations() == []


def test_a_mended_form_is_taken(visitor):
    page = visitor.submit(email="nee", status=422)
    with clock.standing_still(clock.now() + timedelta(seconds=30)):
        answer = visitor.pages.send(page.form(HERSTELWERK), {"email": "a.sluis@example.nl"})
    assert answer.status_code == 303
    assert only_donation().donor.email == "a.sluis@example.nl"


def test_a_mail_address_that_looks_mistyped_gets_a_hint(visitor):
    page = visitor.submit(email="anna@gmial.com", surname="", status=422)
    assert "anna@gmail.com" in page.text


def test_the_same_form_twice_is_one_donation(visitor):
    form = visitor.pages.get(HERSTELWERK).form()
    with clock.standing_still(clock.now() + timedelta(seconds=20)):
        first, second = (visitor.pages.send(form, ANSWERS) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert len(queries.payments()) == 1
    assert session().query(SubmissionAttempt).count() == 1


def test_back_and_another_amount_is_another_donation(visitor):
    form = visitor.pages.get(HERSTELWERK).form()
    with clock.standing_still(clock.now() + timedelta(seconds=20)):
        for amount in ("500.00", "1000.00"):
            visitor.pages.send(form, ANSWERS | {"amount": amount})
    first, second = donations()
    assert first.form_nonce == second.form_nonce
    assert first.reference != second.reference


@pytest.mark.parametrize("token", ["", "forged", "a.b.c", "é", "x" * 5_000])
def test_a_forged_token_gives_the_page_again_with_a_fresh_one(visitor, token):
    form = visitor.pages.get(HERSTELWERK).form()
    answer = visitor.pages.client.post(HERSTELWERK, data=form.values() | ANSWERS | {"token": token})
    assert answer.status_code == 422
    assert "Sluis" in answer.text
    assert donations() == []


def test_a_token_of_yesterday_gives_the_page_again(visitor):
    page = visitor.pages.get(HERSTELWERK)
    with clock.standing_still(clock.now() + timedelta(hours=25)):
        again = visitor.pages.submit(page.form(), ANSWERS, status=422)
        assert again.form(HERSTELWERK).values()["surname"] == ["Sluis"]
    with clock.standing_still(clock.now() + timedelta(hours=25, seconds=10)):
        assert visitor.pages.send(again.form(HERSTELWERK)).status_code == 303


def test_a_form_that_is_sent_at_once_is_sent_again_by_a_person(visitor):
    form = visitor.pages.get(HERSTELWERK).form()
    with clock.standing_still(clock.now()):
        page = visitor.pages.submit(form, ANSWERS, status=422)
    assert donations() == []
    with clock.standing_still(clock.now() + timedelta(seconds=5)):
        assert visitor.pages.send(page.form(HERSTELWERK)).status_code == 303


def test_the_trap_refuses_with_a_way_to_give(visitor):
    page = visitor.submit(website="https://example.com", status=400)
    assert "NL61 INGB" in page.text
    assert donations() == []


def test_many_attempts_from_one_address_are_refused_with_a_way_to_give(visitor):
    for number in range(MOST_IN_10_MINUTES):
        visitor.give(email=f"a{number}@example.nl", amount="other", other_amount="5")
    page = visitor.submit(amount="other", other_amount="5", email="z@example.nl", status=429)
    assert "NL61 INGB" in page.text
    assert len(donations()) == MOST_IN_10_MINUTES
    outcomes = [attempt.outcome for attempt in session().query(SubmissionAttempt).order_by(SubmissionAttempt.id)]
    assert outcomes == [AttemptOutcome.ACCEPTED] * MOST_IN_10_MINUTES + [AttemptOutcome.REFUSED]
    assert all("127.0.0.1" not in attempt.address_digest for attempt in session().query(SubmissionAttempt))


def test_a_flood_is_stopped_before_it_is_read(visitor):
    statuses = [visitor.pages.client.post(HERSTELWERK, data={}).status_code for _ in range(21)]
    assert statuses == [422] * 20 + [429]
    answer = visitor.pages.client.post(HERSTELWERK, data={})
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert "NL61" in answer.text
    assert "is niet weg" in answer.text


def test_a_form_that_is_too_large(visitor):
    answer = visitor.pages.client.post(HERSTELWERK, data={"message": "a" * 200_000})
    assert answer.status_code == 413
    answer = visitor.pages.client.post(HERSTELWERK, data={"surname": "J" * 10_000})
    assert answer.status_code == 422


def test_own_transfer_has_no_payment_and_a_mail(visitor):
    page = visitor.submit(method="transfer")
    donation = only_donation()
    assert urlsplit(page.response.request.path).path == f"/bank/{donation.reference}"
    assert queries.payments() == []
    assert [mail.kind for mail in session().query(OutgoingMail)] == ["transfer_instructions"]


def test_where_mollie_is_away_the_gift_is_noted_and_can_be_tried_again(visitor, house):
    add_api_fault(house.mollie.world.store, {"kind": "status", "status": 503, "method": "POST"})
    page = visitor.submit()
    assert page.response.request.path == f"/bedankt/{only_donation().reference}"
    assert page.form("/opnieuw").method == "POST"
    assert page.link("maak het zelf over") == f"/bank/{only_donation().reference}"


def test_what_an_iban_tells_while_it_is_typed(visitor):
    ask = visitor.pages.client
    good = ask.post("/iban-controle", data={"iban": "nl91abna0417164300"}).json
    assert good["written"] == "NL91 ABNA 0417 1643 00"
    assert "ABN" in good["message"]
    unknown = ask.post("/en/iban-controle", data={"iban": "BE68539007547034"}).json
    assert unknown["written"]
    bad = ask.post("/en/iban-controle", data={"iban": "NL91ABNA041716430"}).json
    assert bad == {"message": "This IBAN is missing 1 character."}


def test_what_an_email_address_tells_while_it_is_typed(visitor):
    ask = visitor.pages.client
    for typed, message in (
        ("jan@gmial.com", "Bedoelt u jan@gmail.com?"),
        ("jan@gmail.com", ""),
        ("jan@", ""),
        ("", ""),
    ):
        assert ask.post("/e-mail-controle", data={"email": typed}).json == {"message": message}


def test_the_page_asks_the_database_nothing_once_it_is_kept(visitor, queries):
    for address in (HERSTELWERK, HERSTELWERK + "?via=kerkblad"):
        visitor.pages.get(address)
        with queries() as asked:
            visitor.pages.get(address)
        assert asked == []
