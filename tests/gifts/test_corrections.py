"""Corrections: what stood is taken back and booked again, and what went back of it moves along."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from fundraising.clock import standing_still, today
from fundraising.db import session, transaction
from fundraising.gifts.models import GiftCorrection, GiftCorrectionNote
from fundraising.gifts.queries import (
    entries,
    financial_year_total,
    gift_by_id,
    tax_year_total,
)
from fundraising.gifts.rules import (
    BadCorrection,
    Correction,
    DistantDate,
    EntryKind,
    FutureDate,
    MoreThanStands,
    NotPositive,
    Reason,
    Reversal,
    Source,
    UnknownGift,
)
from fundraising.gifts.services import close_year, correct, record_reversal
from fundraising.money import Euro
from tests.factories.contacts import person
from tests.factories.gifts import gift
from tests.factories.programmes import programme

GIFT, REFUND = Source("psp", "tr_1"), Source("psp", "re_1")


@pytest.fixture
def donors(app_context) -> tuple[int, int]:
    with transaction():
        return person(), person(surname="Boer")


@pytest.fixture
def of_100(donors) -> int:
    with transaction():
        return gift(amount=Euro.of(100), source=GIFT, contact_id=donors[0]).gift_id


def fix(gift_id: int, reason: Reason, **facts) -> int:
    with transaction():
        return correct(Correction(gift_id=gift_id, reason=reason, recorded_by="anna", **facts))


def undo(kind: EntryKind, euros: int, source: Source, of: Source) -> None:
    with transaction():
        record_reversal(
            Reversal(
                reverses=of,
                amount=Euro.of(euros),
                kind=kind,
                source=source,
                occurred_on=date(2026, 4, 1),
                recorded_by="test",
            ),
        )


def given(contact_id: int) -> Euro:
    return tax_year_total(contact_id, 2026)


def test_another_contact(of_100, donors):
    with standing_still(datetime(2026, 6, 1, 12, tzinfo=UTC)):
        number = fix(of_100, Reason.WRONG_CONTACT, contact_id=donors[1], note="belde zelf op")
    assert (given(donors[0]), given(donors[1])) == (Euro(0), Euro.of(100))
    received, reversed_, corrected = entries(of_100)
    assert (reversed_.kind, reversed_.amount, reversed_.reverses_id) == (
        EntryKind.REVERSED,
        Euro.of(-100),
        received.entry_id,
    )
    assert (corrected.kind, corrected.amount, corrected.replaces_id) == (
        EntryKind.CORRECTED,
        Euro.of(100),
        received.entry_id,
    )
    assert [entry.source for entry in (reversed_, corrected)] == [
        Source("correction", f"{number}:1"),
        Source("correction", f"{number}:2"),
    ]
    assert {entry.booked_on for entry in (reversed_, corrected)} == {date(2026, 6, 1)}
    assert {entry.correction_id for entry in (reversed_, corrected)} == {number}
    act = session().get_one(GiftCorrection, number)
    assert (act.reason, act.recorded_by) == (Reason.WRONG_CONTACT, "anna")
    assert session().get_one(GiftCorrectionNote, number).note == "belde zelf op"


def test_a_gift_of_nobody_known_gets_its_contact(donors):
    with transaction():
        gift_id = gift(contact_id=None).gift_id
    fix(gift_id, Reason.CONTACT_FOUND, contact_id=donors[0])
    assert gift_by_id(gift_id).contact_id == donors[0]
    with pytest.raises(BadCorrection):
        fix(gift_id, Reason.CONTACT_FOUND, contact_id=donors[1])


def test_a_gift_can_turn_out_to_be_of_nobody_known(of_100, donors):
    fix(of_100, Reason.WRONG_CONTACT)
    assert gift_by_id(of_100).contact_id is None
    assert given(donors[0]) == Euro(0)


def test_each_reason_changes_its_own_fact(of_100):
    with transaction():
        other_programme = programme("achterblijvers")
    fix(of_100, Reason.WRONG_PROGRAMME, programme_id=other_programme)
    fix(of_100, Reason.WRONG_METHOD, method="banktransfer")
    fix(of_100, Reason.WRONG_DATE, received_on=date(2025, 12, 31))
    fix(of_100, Reason.WRONG_AMOUNT, amount=Euro.of(90))
    now = gift_by_id(of_100)
    assert (now.programme_id, now.method, now.received_on) == (other_programme, "banktransfer", date(2025, 12, 31))
    assert (now.received, now.standing) == (Euro.of(90), Euro.of(90))


def test_what_went_back_moves_along_and_later_reversals_find_their_place(of_100, donors):
    undo(EntryKind.REFUNDED, 30, REFUND, GIFT)
    fix(of_100, Reason.WRONG_CONTACT, contact_id=donors[1])
    assert [given(donor) for donor in donors] == [Euro(0), Euro.of(70)]
    undo(EntryKind.REFUND_FAILED, 30, Source("psp", "re_1:failed"), REFUND)
    assert [given(donor) for donor in donors] == [Euro(0), Euro.of(100)]
    undo(EntryKind.REFUNDED, 100, Source("psp", "re_2"), GIFT)
    assert [given(donor) for donor in donors] == [Euro(0), Euro(0)]
    fix(of_100, Reason.WRONG_CONTACT, contact_id=donors[0])
    undo(EntryKind.REFUND_FAILED, 100, Source("psp", "re_2:failed"), Source("psp", "re_2"))
    assert [given(donor) for donor in donors] == [Euro.of(100), Euro(0)]
    # By now the gift was corrected twice.
    undo(EntryKind.REFUNDED, 20, Source("psp", "re_3"), GIFT)
    assert [given(donor) for donor in donors] == [Euro.of(80), Euro(0)]


def test_another_date_moves_gift_and_refund_to_that_tax_year(of_100, donors):
    undo(EntryKind.REFUNDED, 30, REFUND, GIFT)
    fix(of_100, Reason.WRONG_DATE, received_on=date(2025, 12, 31))
    assert tax_year_total(donors[0], 2025) == Euro.of(70)
    assert tax_year_total(donors[0], 2026) == Euro(0)


def test_another_amount_is_never_less_than_what_went_back(of_100):
    undo(EntryKind.REFUNDED, 30, REFUND, GIFT)
    with pytest.raises(MoreThanStands):
        fix(of_100, Reason.WRONG_AMOUNT, amount=Euro.of(29))
    fix(of_100, Reason.WRONG_AMOUNT, amount=Euro.of(40))
    assert gift_by_id(of_100).standing == Euro.of(10)
    with pytest.raises(MoreThanStands):
        undo(EntryKind.REFUNDED, 11, Source("psp", "re_2"), GIFT)


def test_a_refund_that_failed_does_not_keep_the_amount_up(of_100):
    undo(EntryKind.REFUNDED, 100, REFUND, GIFT)
    undo(EntryKind.REFUND_FAILED, 100, Source("psp", "re_1:failed"), REFUND)
    fix(of_100, Reason.WRONG_AMOUNT, amount=Euro.of(40))
    assert gift_by_id(of_100).standing == Euro.of(40)


@pytest.mark.parametrize(
    ("reason", "facts", "refusal"),
    [
        (Reason.WRONG_METHOD, {"method": "ideal"}, BadCorrection),
        (Reason.WRONG_METHOD, {}, BadCorrection),
        (Reason.CONTACT_FOUND, {}, BadCorrection),
        (Reason.WRONG_METHOD, {"method": "cash", "amount": Euro.of(1)}, BadCorrection),
        (Reason.WRONG_AMOUNT, {"amount": Euro(0)}, NotPositive),
        (Reason.WRONG_AMOUNT, {"amount": Euro.of(-1)}, NotPositive),
        (Reason.WRONG_DATE, {"received_on": date(2226, 1, 2)}, FutureDate),
        (Reason.WRONG_DATE, {"received_on": date(26, 11, 3)}, DistantDate),
    ],
)
def test_what_corrects_nothing_or_too_much_is_refused(of_100, reason, facts, refusal):
    with pytest.raises(refusal):
        fix(of_100, reason, **facts)
    assert len(entries(of_100)) == 1


def test_a_gift_that_is_not_there_is_not_corrected(of_100):
    with pytest.raises(UnknownGift):
        fix(of_100 + 1, Reason.WRONG_METHOD, method="cash")


def test_a_gift_of_a_closed_year_is_corrected_in_the_open_one(of_100, donors):
    with standing_still(datetime(2027, 2, 1, 12, tzinfo=UTC)):
        with transaction():
            close_year(2026, "finance")
        fix(of_100, Reason.WRONG_AMOUNT, amount=Euro.of(60))
    assert financial_year_total(2026) == Euro.of(100)
    assert financial_year_total(2027) == Euro.of(-40)
    assert given(donors[0]) == Euro.of(60)


def test_tomorrow_is_no_fault_of_ours(of_100):
    fix(of_100, Reason.WRONG_DATE, received_on=today() + timedelta(days=1))
