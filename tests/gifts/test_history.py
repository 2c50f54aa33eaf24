"""Gifts of earlier years come in from a list, whole or not at all, and only once."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest

from fundraising.accounts.rules import Role
from fundraising.clock import now, standing_still, today
from fundraising.contacts.models import Contact
from fundraising.contacts.rules import IbanProvenance, Salutation
from fundraising.db import session, transaction
from fundraising.gifts.queries import GiftFilter, gifts, tax_year_total
from fundraising.gifts.rules import Correction, Reason, written_reference
from fundraising.gifts.rules.history import BadCell, day, euros
from fundraising.gifts.services import close_year, correct, record_gift
from fundraising.imports.queries import rows, run
from fundraising.imports.rules import BroughtInBefore, ImportState, NotNow, Outcome, RefusedRows, WrongCount
from fundraising.imports.services import accept, ask_to_undo
from fundraising.money import Euro
from fundraising.resources import resource
from tests.factories.contacts import organisation, person
from tests.factories.gifts import booking
from tests.factories.sheets import checked, delimited, work, workbook

HEADS = ["Datum", "Bedrag", "Doel", "Betaalwijze", "Relatie", "E-mail", "IBAN", "Relatienummer"]
IBAN = "NL91ABNA0417164300"


@pytest.fixture
def church(app_context):
    """A church that gives from an account, and has a mailbox with its clerk."""
    app_context.test_cli_runner().invoke(args=["programmes", "load"])
    with transaction():
        found = organisation(organisation_name="Dorpskerk", match_name="dorpskerk", email="kerk@example.nl")
        person(email="kerk@example.nl")
        session().get_one(Contact, found)
    with transaction():
        from fundraising.clock import now
        from fundraising.contacts.models import ContactIban

        session().add(ContactIban(contact_id=found, iban=IBAN, provenance=IbanProvenance.TYPED, created_at=now()))
    return found


def row(day="14-03-2023", amount="1.300,00", **told):
    return [day, amount, told.get("to", "herstelwerk"), told.get("by", ""), *_whose(told)]


def _whose(told):
    return [told.get("name", ""), told.get("email", ""), told.get("iban", ""), told.get("number", "")]


def looked(*lines, write=delimited, method="transfer"):
    return checked("gifts", write([HEADS, *lines]), choices={"programme": "", "method": method})


def bring_in(found, **changes):
    given = {"expected_rows": found.row_count, "expected_totals": found.totals, "leave_out": False}
    with transaction():
        accept(found.run_id, **given | changes)
    work()
    return run(found.run_id)


class TestWhose:
    @pytest.mark.parametrize(
        "told",
        [{"name": "Dorpskerk"}, {"iban": "NL91 ABNA 0417 1643 00"}, {"name": "DORPSKERK", "email": "Kerk@example.nl"}],
        ids=["name", "iban", "mailbox that is shared, and name"],
    )
    def test_a_gift_finds_its_contact(self, church, told):
        found = looked(row(**told))
        assert found.outcomes == {Outcome.NEW: 1}
        assert bring_in(found).state is ImportState.ACCEPTED
        assert tax_year_total(church, 2023) == Euro.of(1300)

    def test_by_number(self, church):
        told = (row(number=str(church)), row("1-5-2023", "12,50", number=str(church), by="contant"))
        bring_in(looked(*told, method="directdebit"))
        assert tax_year_total(church, 2023) == Euro(131250)
        assert {gift.method for gift in gifts(GiftFilter())} == {"directdebit", "cash"}

    @pytest.mark.parametrize(
        ("told", "code"),
        [
            ({"number": "{church}", "name": "J. van den Berg"}, "points_apart"),
            ({"email": "berg@example.nl", "name": "Dorpskerk"}, "points_apart"),
            ({"iban": IBAN, "number": "{berg}"}, "points_apart"),
            ({"number": "{church}", "name": "Fam. Onbekend"}, "number_of_another"),
            ({"number": "999", "name": "Dorpskerk"}, "unknown_number"),
        ],
        ids=["number and name", "mailbox and name", "account and number", "number of another", "no number of ours"],
    )
    def test_what_contradicts_itself_is_booked_for_nobody(self, church, told, code):
        with transaction():
            berg = person(email="berg@example.nl", surname="Berg", match_name="berg", given_name="J.")
        found = looked(row(**{key: value.format(church=church, berg=berg) for key, value in told.items()}))
        assert [reason.code for reason in rows(found.run_id)[0].reasons] == [code]
        with pytest.raises(RefusedRows):
            bring_in(found)

    @pytest.mark.parametrize("name", ["Berg, J. van den", "dhr. J. v.d. Berg", "J. van der Berg"])
    def test_a_name_is_known_as_lists_write_it(self, church, name):
        with transaction():
            person(surname="Berg", match_name="berg", name_prefix="van den", given_name="J.", salutation=Salutation.MR)
        assert looked(row(name=name)).outcomes == {Outcome.NEW: 1}

    def test_another_name_with_a_mailbox_that_is_known_is_worth_a_look(self, church):
        with transaction():
            person(email="berg@example.nl", surname="Berg", match_name="berg")
        found = looked(
            row(email="berg@example.nl", name="Penningmeester"), row(email="berg@example.nl", name="fam. Berg")
        )
        assert (found.outcomes, found.doubtful) == ({Outcome.NEW: 2}, 1)
        assert [[each.code for each in row.reasons] for row in rows(found.run_id)] == [["called_otherwise"], []]

    def test_nobody_and_several_are_errors_and_no_clue_is_nobody(self, church):
        found = looked(row(name="Onbekende"), row(email="kerk@example.nl"), row())
        assert found.outcomes == {Outcome.ERROR: 2, Outcome.NEW: 1}
        codes = [[reason.code for reason in each.reasons] for each in rows(found.run_id)]
        assert codes == [["nobody_found"], ["several_found"], ["nobody_told"]]


class TestAccepting:
    def test_a_total_that_differs_brings_nothing_in(self, church):
        found = looked(row(name="Dorpskerk"), row("2-1-2022", "10", name="Dorpskerk"))
        assert found.totals == {"2022": 1000, "2023": 130000}
        with pytest.raises(WrongCount):
            bring_in(found, expected_totals={"2022": 1000, "2023": 130001})
        with pytest.raises(WrongCount):
            bring_in(found, expected_rows=1)
        assert list(gifts(GiftFilter())) == []

    def test_a_file_with_an_error_does_not_go_in(self, church):
        found = looked(row(name="Dorpskerk"), row(amount="12,345", name="Dorpskerk"))
        with pytest.raises(RefusedRows):
            bring_in(found, leave_out=True)

    def test_a_workbook_with_real_dates_and_numbers(self, church):
        found = looked([date(2023, 3, 14), 1300.1, "Herstelwerk", "", "Dorpskerk"], write=workbook)
        assert [each.reasons for each in rows(found.run_id)] == [()]
        bring_in(found)
        assert tax_year_total(church, 2023) == Euro(130010)

    def test_the_same_file_again_is_refused(self, church):
        bring_in(looked(row(name="Dorpskerk")))
        again = looked(row(name="Dorpskerk"))
        assert again.outcomes == {Outcome.DUPLICATE: 1}
        with pytest.raises(BroughtInBefore):
            bring_in(again)

    def test_what_two_lists_share_is_booked_once_and_equal_gifts_of_one_day_are_two(self, church):
        bring_in(looked(row(name="Dorpskerk")))
        second = looked(row(name="Dorpskerk"), row(name="Dorpskerk"), row("2-2-2023", "5", name="Dorpskerk"))
        assert second.outcomes == {Outcome.DUPLICATE: 1, Outcome.NEW: 2}
        bring_in(second)
        assert tax_year_total(church, 2023) == Euro.of(2605)

    def test_a_gift_that_came_in_online_is_not_booked_again_and_one_like_it_is_told(self, church):
        with transaction():
            online = record_gift(booking(contact_id=church, received_on=date(2023, 3, 14), amount=Euro.of(1300)))
        found = looked(
            row(name="Dorpskerk"),
            row("16-03-2023", name="Dorpskerk"),
            row("14-03-2023", to="achterblijvers", name="Dorpskerk"),
            row("14-04-2023", name="Dorpskerk"),
            row("14-03-2023"),
        )
        assert found.outcomes == {Outcome.DUPLICATE: 1, Outcome.NEW: 4}
        codes = [[reason.code for reason in each.reasons] for each in rows(found.run_id)]
        assert codes == [["booked_before"], ["near_another"], ["near_another"], [], ["nobody_told"]]
        assert found.doubtful == 2
        assert written_reference(online.reference) in rows(found.run_id)[1].reasons[0].value
        # What the list adds up to is what its owner's own records say, whatever is known of it already.
        assert found.totals == {"2023": 5 * 130000}
        bring_in(found)
        assert tax_year_total(church, 2023) == Euro.of(4 * 1300)

    def test_a_gift_that_was_corrected_is_known_as_it_was_and_as_it_is(self, church):
        bring_in(looked(row(name="Dorpskerk")))
        [gift] = gifts(GiftFilter())
        with transaction():
            wrong = {"reason": Reason.WRONG_AMOUNT, "amount": Euro.of(1310), "recorded_by": "finance"}
            correct(Correction(gift_id=gift.gift_id, **wrong))
        for amount, outcome in (("1.300", Outcome.DUPLICATE), ("1.310", Outcome.DUPLICATE), ("1.320", Outcome.NEW)):
            assert looked(row(amount=amount, name="Dorpskerk")).outcomes == {outcome: 1}

    def test_a_gift_that_is_still_to_come_is_refused(self, church):
        with standing_still(now()):
            tomorrow = today() + timedelta(days=1)
            found = looked(row(tomorrow.isoformat(), name="Dorpskerk"), row(today().isoformat(), name="Dorpskerk"))
        codes = [[reason.code for reason in each.reasons] for each in rows(found.run_id)]
        assert codes == [["still_to_come"], []]

    def test_a_closed_year_takes_nothing(self, church):
        found = looked(row(name="Dorpskerk"))
        with transaction():
            record_gift(booking(received_on=date(2023, 1, 1), contact_id=None))
            close_year(2023, "finance")
        refused = looked(row(day="15-03-2023", name="Dorpskerk"))
        assert [reason.code for reason in rows(refused.run_id)[0].reasons] == ["closed_year"]
        # The first was checked before the year was closed: it is checked anew, and booked nowhere.
        assert bring_in(found).state is ImportState.CHECKED
        assert run(found.run_id).outcomes == {Outcome.ERROR: 1}

    def test_it_is_closed_once_accepted(self, church):
        done = bring_in(looked(row(name="Dorpskerk")))
        with pytest.raises(NotNow), transaction():
            ask_to_undo(done.run_id)


class TestCells:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("14-03-2023", date(2023, 3, 14)),
            ("4/3/2023", date(2023, 3, 4)),
            ("2023-03-14", date(2023, 3, 14)),
            ("2023-03-14 00:00:00", date(2023, 3, 14)),
            ("14 maart 2023", date(2023, 3, 14)),
            (Decimal(44999), date(2023, 3, 14)),
            ("44999", date(2023, 3, 14)),
        ],
    )
    def test_dates(self, written, meant):
        assert day(written) == meant

    @pytest.mark.parametrize(
        "written", ["31-02-2023", "14-03-23", "2023", "gisteren", Decimal(1), Decimal("44999.5"), "1-1-1900"]
    )
    def test_what_is_no_date(self, written):
        with pytest.raises(BadCell):
            day(written)

    @pytest.mark.parametrize(
        ("written", "cents"), [("€ 1.300,00", 130000), ("25", 2500), (Decimal("1300.1"), 130010), ("12,5", 1250)]
    )
    def test_amounts(self, written, cents):
        assert euros(written) == Euro(cents)

    @pytest.mark.parametrize(
        "written", ["1,300", "", "-5", Decimal(-5), Decimal(0), Decimal("0.005"), "tien", date(2023, 1, 1)]
    )
    def test_what_is_no_amount(self, written):
        with pytest.raises(BadCell):
            euros(written)


def test_the_page_tells_that_it_is_for_good(church, staff_pages):
    staff = staff_pages(Role.FINANCE, language="en")
    form = staff.get("/desk/giften/importeren").form("/importeren")
    token = form.values()["csrf_token"][0]
    contents = delimited([HEADS, row(name="Dorpskerk")])
    answer = staff.client.post(form.action, data={"csrf_token": token, "bestand": (io.BytesIO(contents), "giften.csv")})
    work()
    staff.submit(staff.get(answer.location, follow=True).form("/kolommen"))
    work()
    page = staff.get(answer.location)
    assert "This cannot be undone" in page.text
    wrong = staff.submit(page.form("/aanvaarden"), {"aantal": "1", "totaal-2023": "1.300,01"}, status=422)
    assert "total of 2023" in wrong.text
    staff.submit(wrong.form("/aanvaarden"), {"aantal": "1", "totaal-2023": "1.300"})
    work()
    assert "Brought in" in staff.get(answer.location).text
    assert tax_year_total(church, 2023) == Euro.of(1300)
    assert staff_pages(Role.RELATIONS).client.get("/desk/giften/importeren").status_code == 403


def test_the_shipped_samples_fit_together(app_context):
    app_context.test_cli_runner().invoke(args=["programmes", "load"])
    samples = resource("samples")
    list_ = checked(
        "contacts",
        (samples / "kerken-en-scholen.xlsx").read_bytes(),
        choices={"kind": "church", "consent_source": "relatiedag"},
    )
    assert list_.outcomes == {Outcome.NEW: 13}
    bring_in(list_, expected_totals={})
    for name in ("giften.xlsx", "giften.csv"):
        found = checked("gifts", (samples / name).read_bytes(), choices={"programme": "", "method": "transfer"})
        assert found.refused == 0, [each.reasons for each in rows(found.run_id, outcome=Outcome.ERROR)]
        assert found.row_count == 9
    assert found.totals == {"2024": 224785, "2025": 230580}
