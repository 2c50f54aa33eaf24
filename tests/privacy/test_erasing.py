"""Erasing somebody: afterwards nothing names them but what the law wants kept, and the ledger still agrees."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import String, Text, select, text

from fundraising.accounts.models import AuditContent, AuditEntry
from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record
from fundraising.clock import now, standing_still
from fundraising.contacts.models import (
    Affiliation,
    Consent,
    Contact,
    ContactIban,
    ContactMerge,
    ContactNote,
    ContactPhone,
    DuplicateCandidate,
    Household,
    HouseholdMember,
    ImportKey,
    ImportPiece,
    PostalAddress,
)
from fundraising.contacts.personal import person_of
from fundraising.contacts.queries import contact
from fundraising.contacts.rules import ConsentState, DuplicateState, IbanProvenance
from fundraising.contacts.rules.merging import Side
from fundraising.contacts.rules.sheets.matching import KeyKind, Part
from fundraising.contacts.services.documents import attach, keep_file
from fundraising.contacts.services.merging import merge, undo_merge
from fundraising.contacts.services.search_index import reindex
from fundraising.db import Base, session, transaction
from fundraising.gifts.queries import tax_year_total
from fundraising.gifts.rules import Correction
from fundraising.gifts.rules import Reason as CorrectionReason
from fundraising.gifts.services import correct
from fundraising.giving.models import Donation, PaymentEvent, RefundRequest
from fundraising.giving.rules import EventKind, PaymentStatus
from fundraising.giving.rules.refunds import RequestState
from fundraising.imports.models import ImportRow, ImportRun
from fundraising.imports.rules import ImportState, Outcome
from fundraising.mailer import Message, enqueue
from fundraising.mailer.outbox import MailState, OutgoingMail
from fundraising.money import Euro
from fundraising.personal import Degree
from fundraising.privacy.models import Erasure, ErasureProposal
from fundraising.privacy.rules import ErasedAlready, Reason, StillNeeded
from fundraising.privacy.services import erase
from fundraising.privacy.services.sources import SOURCES, file_of, plan_for, tables_stated
from tests.factories import contacts, gifts, giving

pytestmark = pytest.mark.usefixtures("app_context")

# Words that stand nowhere else. The name has an accent, which JSON writes as a number.
SURNAME, GIVEN = "Zwaluwenstaart", "Zoë"
FULL = f"{GIVEN} van der {SURNAME}"
MAILBOX, PHONE, IBAN = "zoe.zwaluw@example.nl", "+31612399887", "NL91ABNA0417164300"
STREET, OLD_STREET = "Kwikstaartlaan", "Oude Kwikstaartweg"
EVERYWHERE = (SURNAME, MAILBOX, PHONE, IBAN, STREET, OLD_STREET)
# Of staff, of the house itself or of nobody: no donor stands there.
NOBODYS = {
    "staff_user",
    "user_role",
    "passkey",
    "recovery_code",
    "alert",
    "job_state",
    "programme",
    "programme_text",
    "giving_option",
    "figure",
    "unit_cost",
    "offered_method",
    "import_mapping",
    # An address's keyed digest, for some days.
    "submission_attempt",
    "ended_session",
    "sign_in_attempt",
}


def found_in_tables(words):
    """In which columns any of these words stands, in all tables, JSON included."""
    found = set()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            rows = session().execute(select(column).where(column.is_not(None))).scalars()
            for value in rows:
                written = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
                if any(word.casefold() in written.casefold() for word in words):
                    found.add(f"{table.name}.{column.name}")
                spelled = json.dumps(GIVEN)[1:-1]
                if GIVEN.casefold() in written.casefold() or spelled in written:
                    found.add(f"{table.name}.{column.name}")
    return found


def found_in_files(app, words):
    folder = app.config["DATA_DIR"]
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
    ]


@pytest.fixture
def somebody():
    """A donor of whom something stands in every table where something can."""
    with transaction():
        person = contacts.person(
            surname=SURNAME, match_name=SURNAME.lower(), given_name=GIVEN, name_prefix="van der", email=MAILBOX
        )
        double = contacts.person(surname=SURNAME, match_name=SURNAME.lower(), given_name=GIVEN, email=MAILBOX)
        partner, church = contacts.person(surname="Bos", match_name="bos"), contacts.organisation()
        fill(person, double, partner, church)
    with transaction():
        kept = keep_file("brief.txt", io.BytesIO(f"Beste {FULL}".encode()))
        attach(person, kept, description=f"Brief van {SURNAME}")
    return person


def fill(person, double, partner, church):
    at = now()
    rows = [
        ContactPhone(contact_id=person, number=PHONE, created_at=at),
        ContactIban(contact_id=person, iban=IBAN, provenance=IbanProvenance.BANK, holder=FULL, created_at=at),
        ContactIban(
            contact_id=church, iban="NL61INGB0006391416", provenance=IbanProvenance.TYPED, holder=FULL, created_at=at
        ),
        address(person, OLD_STREET),
        address(person, STREET),
        Affiliation(person_id=person, organisation_id=church, role="scriba", created_at=at),
        consent(person),
        ContactNote(contact_id=double, text=f"{SURNAME} belde", written_at=at, written_by="Kees"),
        DuplicateCandidate(contact_id=person, other_id=partner, reasons="name", state=DuplicateState.OPEN, found_at=at),
        Household(id=7, addressee=f"Familie {SURNAME}", greeting=f"Geachte familie {SURNAME},", created_at=at),
        ContactMerge(
            loser_id=double, survivor_id=person, before=json.dumps({"surname": SURNAME}), merged_at=at, merged_by="Kees"
        ),
        ErasureProposal(
            contact_id=person, degree=Degree.REDUCED, reason=Reason.QUIET, due_on=at.date(), found_at=at, kept_by=""
        ),
    ]
    session().add_all(rows)
    session().flush()
    session().add_all(HouseholdMember(contact_id=each, household_id=7, created_at=at) for each in (person, partner))
    session().get_one(Contact, double).merged_into_id = person
    reindex([person, double])
    fill_trail(person)
    fill_import(person)
    fill_giving(person)


def address(person, street):
    return PostalAddress(
        contact_id=person, street=street, house_number="3", postcode="1234 AB", town="Ons Dorp", created_at=now()
    )


def consent(person):
    return Consent(
        contact_id=person,
        purpose="newsletter",
        channel="email",
        state=ConsentState.GRANTED,
        source="typed",
        recorded_at=now(),
    )


def fill_trail(person):
    record("contact.changed", Subject("contact", person), before={"surname": SURNAME}, after={"surname": FULL})
    record("import.accepted", Subject("import", 1), after={"first": MAILBOX, "name": FULL})
    record("contact.changed", Subject("contact", person + 1_000), after={"town": "Elders"})
    session().add(
        OutgoingMail(
            kind="thank_you",
            recipient=MAILBOX,
            subject="Dank",
            text=f"Geachte mevrouw {SURNAME}",
            html=SURNAME,
            unsubscribe_url=f"http://localhost/afmelden/{SURNAME}",
            state=MailState.SENT,
            message_id="een",
            next_try_at=now(),
            created_at=now(),
        )
    )


def fill_import(person):
    run = ImportRun(
        kind="contacts",
        state=ImportState.ACCEPTED,
        digest="0" * 64,
        filename="lijst.xlsx",
        size=1,
        uploaded_at=now(),
        uploaded_by="Kees",
        samples=[["Naam", FULL]],
    )
    session().add(run)
    session().flush()
    session().add_all(
        [
            ImportRow(
                run_id=run.id,
                line=2,
                outcome=Outcome.NEW,
                label=FULL,
                cells=[FULL, MAILBOX],
                reasons=[],
                plan={"email": MAILBOX},
            ),
            ImportPiece(run_id=run.id, part=Part.CONTACT, ordinal=1, fields={"surname": SURNAME}, made_id=person),
            ImportPiece(run_id=run.id, part=Part.EMAIL, ordinal=1, fields={"address": MAILBOX}),
            ImportPiece(run_id=run.id, part=Part.PHONE, contact_id=person, fields={"number": PHONE}),
            ImportKey(run_id=run.id, kind=next(iter(KeyKind)), value=MAILBOX, ordinal=1),
        ]
    )


def fill_giving(person):
    typed = giving.donor(surname=SURNAME, given_name=GIVEN, email=MAILBOX, phone=PHONE, iban=IBAN, message=FULL)
    lapsed = now() - timedelta(days=1)
    giving.donation(by=typed, contact_id=person, lapses_at=lapsed)
    giving.donation(
        by=giving.donor(surname=SURNAME, email=MAILBOX.upper(), street=STREET, given_name=GIVEN), lapses_at=lapsed
    )


def book(person):
    """A gift of theirs, with a correction that bears a note."""
    recorded = gifts.gift(contact_id=person, amount=Euro.of(20))
    correct(
        Correction(
            gift_id=recorded.gift_id,
            reason=CorrectionReason.WRONG_AMOUNT,
            recorded_by="Kees",
            note=f"Was van {SURNAME}",
            amount=Euro.of(25),
        )
    )


def erased(person, reason=Reason.REQUEST):
    degree = plan_for(person).degree
    with transaction():
        afterwards = erase(person, reason, degree=degree)
    for task in afterwards:
        with transaction():
            task()
    session().expire_all()
    return degree


def write_mail_to_folder(app):
    folder = app.config["DATA_DIR"] / "mail"
    folder.mkdir(parents=True)
    (folder / "1.eml").write_bytes(f"To: {MAILBOX}\r\nSubject: Dank\r\n\r\n{SURNAME}".encode())
    (folder / "2.eml").write_bytes(b"To: iemand@example.nl\r\nSubject: Dank\r\n\r\nHallo")


class TestErasing:
    def test_afterwards_nothing_names_them(self, app, somebody):
        write_mail_to_folder(app)
        before = found_in_tables(EVERYWHERE)
        assert {"contact.surname", "audit_content.body", "import_row.cells", "donor_details.email"} <= before
        assert len(found_in_files(app, EVERYWHERE)) >= 2
        assert erased(somebody) is Degree.ANONYMISED
        assert found_in_tables(EVERYWHERE) == set()
        assert [path.suffix for path in found_in_files(app, EVERYWHERE)] in ([], [".sqlite"], [".wal"])
        assert contact(somebody).display_name == f"Gewist {somebody}"

    def test_while_gifts_are_kept_name_and_address_stay_and_nothing_else(self, app, somebody):
        with transaction():
            book(somebody)
        assert erased(somebody) is Degree.REDUCED
        # Of the one that was merged away too: gifts may have been booked upon it.
        left = found_in_tables(EVERYWHERE)
        assert {column for column in left if not column.startswith("search_")} == {
            "contact.surname",
            "contact.given_name",
            "contact.match_name",
            "postal_address.street",
        }
        assert found_in_tables([OLD_STREET, MAILBOX, PHONE, IBAN]) - found_in_tables([SURNAME]) == set()
        assert contact(somebody).address.street == STREET
        assert tax_year_total(somebody, 2026) == Euro.of(25)

    def test_once_the_gifts_need_not_be_kept_the_name_goes_too(self, somebody):
        # The correction is booked in the year in which it is made.
        with standing_still(datetime(2026, 6, 1, 12, tzinfo=UTC)), transaction():
            book(somebody)
        erased(somebody)
        with standing_still(datetime(2034, 1, 1, 12, tzinfo=UTC)):
            assert erased(somebody, Reason.GIFTS_OVER) is Degree.ANONYMISED
            assert found_in_tables(EVERYWHERE) == set()
        assert tax_year_total(somebody, 2026) == Euro.of(25)
        degrees = session().scalars(select(Erasure.degree).order_by(Erasure.id)).all()
        assert degrees == [Degree.REDUCED, Degree.ANONYMISED]

    def test_others_keep_what_is_theirs(self, somebody):
        with transaction():
            other = contacts.person(surname="Ander", match_name="ander", email="ander@example.nl")
            enqueue(Message("thank_you", "ander@example.nl", "Dank", "Geachte heer Ander"))
            giving.donation(by=giving.donor(surname="Ander", email=MAILBOX), lapses_at=now() - timedelta(days=1))
        erased(somebody)
        assert contact(other).emails == ("ander@example.nl",)
        assert set(session().scalars(select(OutgoingMail.recipient))) == {"", "ander@example.nl"}
        # Whoever filled in their mailbox under another name is another.
        assert found_in_tables([MAILBOX]) == {"donor_details.email"}

    def test_who_is_called_nearly_the_same_keeps_what_is_theirs(self, somebody):
        near = f"{GIVEN} van der {SURNAME}s"
        with transaction():
            other = contacts.person(surname=f"{SURNAME}s", match_name="zwaluwenstaarts", given_name=GIVEN)
            account = ContactIban(
                contact_id=other, iban=IBAN, provenance=IbanProvenance.TYPED, holder=near, created_at=now()
            )
            session().add(account)
            told = record("contact.changed", Subject("contact", other), after={"holder": near, "email": f"a{MAILBOX}"})
        read = {kept.source.name: json.dumps(kept.rows, default=str, ensure_ascii=False) for kept in file_of(somebody)}
        assert near not in read["audit"]
        erased(somebody)
        assert account.holder == near
        assert session().get(AuditContent, told) is not None

    def test_a_file_tells_of_others_only_what_is_shared(self, somebody):
        with transaction():
            partner = contacts.person(surname="Ander", match_name="ander")
            record(
                "contact.email", Subject("contact", partner), after={"email": MAILBOX, "note": f"Partner van {FULL}"}
            )
        (audit,) = (kept.rows for kept in file_of(somebody) if kept.source.name == "audit")
        assert [row["after"] for row in audit if row["action"] == "contact.email"] == [{"email": MAILBOX}]

    def test_what_another_took_over_of_them_in_a_merge_goes_too(self, somebody):
        with transaction():
            other = contacts.person(surname="Ander", match_name="ander")
            merge_id = merge(other, somebody, chosen={"name": Side.LOSER}, versions=None)
        with transaction():
            undo_merge(merge_id)
        assert erased(somebody) is Degree.ANONYMISED
        assert found_in_tables(EVERYWHERE) == set()
        assert contact(other).display_name == "J. de Ander"

    def test_the_trail_says_that_it_was_done(self, somebody):
        erased(somebody)
        actions = session().execute(
            select(AuditEntry.action, AuditContent.body)
            .outerjoin(AuditContent, AuditContent.entry_id == AuditEntry.id)
            .where(AuditEntry.subject_kind == "contact", AuditEntry.subject_id == somebody)
            .order_by(AuditEntry.id)
        )
        done = [(row.action, row.body is None) for row in actions]
        assert done[-1] == ("contact.erased", False)
        assert {erased for _action, erased in done[:-1]} == {True}
        elsewhere = session().scalar(select(AuditEntry.id).where(AuditEntry.subject_id == somebody + 1_000))
        assert session().get(AuditContent, elsewhere) is not None

    def test_it_is_done_once(self, somebody):
        erased(somebody)
        with pytest.raises(ErasedAlready), transaction():
            erase(somebody, Reason.REQUEST, degree=Degree.ANONYMISED)

    def test_what_somebody_decided_on_is_what_is_done(self, somebody):
        with transaction():
            book(somebody)
        with pytest.raises(ErasedAlready), transaction():
            erase(somebody, Reason.REQUEST, degree=Degree.ANONYMISED)

    def test_money_that_comes_after_all_is_booked(self, somebody):
        erased(somebody)
        assert set(session().scalars(select(Donation.contact_id))) == {somebody}

    @pytest.mark.broken_ledger  # its payment stands in tables alone
    def test_the_note_of_a_refund_goes(self, somebody):
        with transaction():
            of = giving.donation(contact_id=somebody, lapses_at=now() - timedelta(days=1))
            values = {"state": RequestState.DONE, "requested_by": "Kees", "requested_at": now(), "next_try_at": now()}
            paid = giving.payment(of, status=PaymentStatus.PAID).id
            keys = {"form_key": "form", "idempotency_key": "key"}
            session().add(RefundRequest(payment_id=paid, amount=Euro.of(5), note=f"{SURNAME} belde", **values, **keys))
        assert "refund_request.note" in found_in_tables([SURNAME])
        erased(somebody)
        assert session().scalars(select(RefundRequest.note)).all() == [""]

    def test_the_chain_of_the_trail_is_whole_and_says_erased(self, runner, somebody):
        runner.invoke(args=["audit", "seal"])
        [before] = json.loads(runner.invoke(args=["audit", "verify", "--json"]).stdout)
        erased(somebody)
        runner.invoke(args=["audit", "seal"])
        verified = runner.invoke(args=["audit", "verify", "--json", "--head", before["head"]])
        [found] = json.loads(verified.stdout)
        assert (verified.exit_code, found["broken"], found["head_lost"]) == (0, None, False)
        assert (before["erased"], found["erased"] > 0) == (0, True)

    def test_whoever_lived_there_sees_that_the_household_is_no_more(self, somebody):
        partner = session().scalars(select(HouseholdMember.contact_id).where(HouseholdMember.contact_id != somebody))
        staying = partner.one()
        erased(somebody)
        assert session().scalars(select(HouseholdMember.contact_id)).all() == []
        told = select(AuditEntry.action).where(AuditEntry.subject_id == staying, AuditEntry.subject_kind == "contact")
        assert session().scalars(told).all() == ["household.left"]


class TestWhatIsOpen:
    def refused(self, person):
        with pytest.raises(StillNeeded) as refusal, transaction():
            erase(person, Reason.REQUEST, degree=plan_for(person).degree)
        assert found_in_tables([SURNAME])
        return len(refusal.value.hindrances)

    def test_a_running_payment(self, somebody):
        with transaction():
            giving.payment(giving.donation(contact_id=somebody, lapses_at=now() - timedelta(days=1)))
        assert self.refused(somebody) == 1

    def test_a_promise_that_may_still_come(self, somebody):
        with transaction():
            giving.donation(contact_id=somebody)
        assert self.refused(somebody) == 1

    @pytest.mark.broken_ledger
    @pytest.mark.parametrize(
        ("states", "open_"), [(["queued"], 1), (["queued", "processing"], 1), (["queued", "failed"], 0)]
    )
    def test_a_refund_under_way(self, somebody, states, open_):
        with transaction():
            of = giving.donation(contact_id=somebody, lapses_at=now() - timedelta(days=1))
            paid = giving.payment(of, status=PaymentStatus.PAID)
            for state in states:
                row = PaymentEvent(
                    payment_id=paid.id,
                    kind=EventKind.REFUND,
                    provider_ref="re_1",
                    state=state,
                    amount=Euro.of(5),
                    occurred_on=now().date(),
                    observed_at=now(),
                )
                session().add(row)
        assert len(plan_for(somebody).hindrances) == open_

    def test_a_mail_to_be_sent(self, somebody):
        with transaction():
            enqueue(Message("thank_you", MAILBOX, "Dank", "Dank"))
        assert self.refused(somebody) == 1


class TestSources:
    def test_each_table_is_stated_or_is_nobodys(self):
        stated = set(tables_stated())
        assert stated & NOBODYS == set()
        assert {table.name for table in Base.metadata.sorted_tables} - stated - NOBODYS == set()

    def test_each_table_is_stated_once(self):
        tables = [table for source in SOURCES for table in source.tables]
        assert sorted(tables) == sorted(set(tables))

    def test_a_file_has_all_that_stands_anywhere(self, somebody):
        told = {kept.source.name: json.dumps(kept.rows, default=str, ensure_ascii=False) for kept in file_of(somebody)}
        assert FULL in told["who"]
        assert all(each in told["ways"] for each in (MAILBOX, PHONE, IBAN))
        assert OLD_STREET in told["addresses"]
        assert SURNAME in told["notes"]
        assert "Dorpskerk" in told["ties"]
        assert all(rows != "[]" for name, rows in told.items() if name not in NOT_OF_SOMEBODY), told

    def test_a_merged_number_leads_to_the_same_person(self, somebody):
        assert person_of(somebody + 1).numbers == person_of(somebody).numbers


# Nothing was given, corrected, paid or erased yet.
NOT_OF_SOMEBODY = {"gifts", "correction_notes", "payments", "refunds", "giving_links", "erasures"}


def test_text_columns_are_the_ones_that_are_scanned():
    # The scan reads every column; this says that there is something to read.
    columns = [c for table in Base.metadata.sorted_tables for c in table.columns if isinstance(c.type, String | Text)]
    assert len(columns) > 50
    assert session().execute(text("SELECT count(*) FROM contact")).scalar() == 0
