"""What ten years leave beside contacts and gifts: promises, payments, mails, the audit trail, and all that waits.

Written straight into the tables, as `million.py` does: what is measured on it is how lists read it. Gifts and contacts
are those that stand, so that every row leads somewhere.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from fundraising.accounts.models import AuditContent, AuditEntry, User, UserRole
from fundraising.accounts.rules import Role
from fundraising.clock import now, today
from fundraising.contacts.models import Contact, ContactEmail, ContactMerge, DuplicateCandidate
from fundraising.db import insert_many, is_sqlite, session, transaction
from fundraising.gifts.models import Acknowledgement, Gift, GiftEntry
from fundraising.giving.models import Donation, DonorDetails, GivingLink, Payment, RefundRequest
from fundraising.imports.models import ImportRun
from fundraising.mailer.outbox import OutgoingMail
from fundraising.money import Euro
from fundraising.privacy.models import ErasureProposal
from tests.benchmarks.figures import scaled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from fundraising.db import Model

LINK = "jaarmarkt"
# Of each hundred promises: these never came. One in a thousand came twice.
_LAPSED_OF_HUNDRED = 7
_LINKS, _USERS = 300, 40
_TEXT = "Hartelijk dank voor uw gift."


def fill() -> None:
    """Put all of it beside contacts and gifts that stand; a transaction for each part."""
    for part in (_people, _alike, _promises, _gone_back, _waiting, _trail):
        with transaction():
            part()


def _put(table: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows with the columns that the first has, and what the others are by default."""
    listed = list(rows)
    fixed = {
        column.name: column.default.arg
        for column in table.__table__.columns
        if column.default is not None and column.default.is_scalar and column.name not in listed[0]
    }
    insert_many(table, (*listed[0], *fixed), ((*row.values(), *fixed.values()) for row in listed))
    if "id" in listed[0] and not is_sqlite(session().connection()):
        # PostgreSQL numbers on behind those that were written with numbers.
        session().execute(select(func.setval(func.pg_get_serial_sequence(table.__tablename__, "id"), listed[-1]["id"])))


def _at(day: date) -> str:
    return f"{day} 12:00:00.000000" if is_sqlite(session().connection()) else f"{day} 12:00:00+00"


def _some(number: int) -> list[int]:
    """The numbers of so many contacts, spread over all."""
    ids = session().scalars(select(Contact.id).where(Contact.merged_into_id.is_(None)).order_by(Contact.id)).all()
    return Random(5).sample(ids, min(number, len(ids)))


def _people() -> None:
    """What tells contacts apart in a list, and colleagues."""
    for number, values in (
        (scaled(4_000), {"language": "en"}),
        (scaled(2_000), {"deceased_on": today()}),
        (scaled(1_000), {"do_not_contact": True}),
    ):
        session().execute(update(Contact).where(Contact.id.in_(_some(number))).values(values))
    lost = {"undeliverable_at": now(), "undeliverable_reason": "550 no such user"}
    session().execute(update(ContactEmail).where(ContactEmail.contact_id.in_(_some(scaled(300)))).values(lost))
    for number in range(_USERS):
        mailbox = f"collega{number}@example.nl"
        person = User(email=mailbox, match_email=mailbox, name=f"Collega {number}", created_at=now())
        person.fs_uniquifier = person.passkey_handle = f"collega-{number}"
        person.held = [UserRole(role=Role.RELATIONS, granted_at=now())]
        session().add(person)


def _alike() -> None:
    """Pairs to judge, and merges that were made."""
    pairs, at = scaled(5_000), now()
    chosen = _some(2 * pairs)
    session().add_all(
        DuplicateCandidate(
            contact_id=min(two), other_id=max(two), reasons="email,name", score=sum(two) % 100, found_at=at
        )
        for two in zip(chosen[:pairs], chosen[pairs:], strict=False)
    )
    for loser, survivor in zip(chosen[:2000:2], chosen[1:2000:2], strict=False):
        session().execute(update(Contact).where(Contact.id == loser).values(merged_into_id=survivor))
        before = '{"survivor": {}, "loser": {}}'
        session().add(
            ContactMerge(loser_id=loser, survivor_id=survivor, before=before, merged_at=at, merged_by="staff")
        )


def _promises() -> None:
    """Of three gifts in ten the promise, its payment and the mail that thanked; and what never came."""
    chosen = select(Gift.id, Gift.reference, GiftEntry.contact_id, GiftEntry.programme_id, GiftEntry.amount)
    chosen = chosen.add_columns(GiftEntry.received_on).join(GiftEntry, GiftEntry.gift_id == Gift.id)
    gifts = session().execute(chosen.order_by(Gift.id).limit(scaled(300_000))).all()
    # As they come in: one after the other, whatever order the gifts were made in.
    numbered = list(enumerate(sorted(gifts, key=lambda gift: gift.received_on), 1))
    _put(Donation, (_donation(number, gift) for number, gift in numbered))
    _put(DonorDetails, (_donor(number) for number, _gift in numbered))
    _put(Payment, (_payment(number, gift) for number, gift in numbered))
    _put(OutgoingMail, (_mail(number, gift.received_on) for number, gift in numbered))
    thanked = ((number, gift) for number, gift in numbered if number % 100 >= _LAPSED_OF_HUNDRED)
    _put(
        Acknowledgement,
        (
            {"gift_id": gift.id, "kind": "thank_you", "mail_id": number, "recorded_at": _at(gift.received_on)}
            for number, gift in thanked
        ),
    )


def _donation(number: int, gift: Any) -> dict[str, Any]:
    lapsed, at = number % 100 < _LAPSED_OF_HUNDRED, _at(gift.received_on)
    transfer = number % 5 == 0
    link = {0: LINK, 1: f"link-{number % _LINKS}"}.get(number % 50, "")
    awaited = transfer and lapsed and gift.received_on > today() - timedelta(days=30)
    state = "promised" if awaited else "lapsed" if lapsed else "received"
    return {
        "id": number,
        # What lapsed has a reference of its own.
        "reference": f"X{number:011}" if lapsed else gift.reference,
        "form_nonce": f"form-{number // 1000 * 1000 if number % 1000 == 1 else number}",
        "submission_key": f"submission-{number}",
        "programme_id": gift.programme_id,
        "amount": gift.amount.cents,
        "route": "transfer" if transfer else "online",
        "state": state,
        "language": "nl",
        "source_code": link,
        "contact_id": gift.contact_id,
        "created_at": at,
        "lapses_at": at,
    }


def _donor(number: int) -> dict[str, Any]:
    message = "Veel zegen op het werk!" if number % 9 == 0 else ""
    name = {"kind": "person", "salutation": "mrs", "given_name": "A.", "surname": f"Gever {number}"}
    return {"donation_id": number, **name, "email": f"gever{number}@example.nl", "message": message}


def _payment(number: int, gift: Any) -> dict[str, Any]:
    paid, at = number % 100 >= _LAPSED_OF_HUNDRED, _at(gift.received_on)
    named = {"provider_id": f"tr_{number}", "idempotency_key": f"key-{number}", "mode": "test"}
    state = {"status": "paid" if paid else "expired", "paid_at": at if paid else None, "created_at": at}
    return {
        "id": number,
        "donation_id": number,
        "attempt": 1,
        **named,
        "amount": gift.amount.cents,
        "method": "ideal",
        **state,
    }


def _mail(number: int, day: date) -> dict[str, Any]:
    """Mails of the last three months as they were written; the older ones are emptied."""
    full, at = day > today() - timedelta(days=90), _at(day)
    words = {"subject": "Dank u wel", "text": _TEXT, "html": _TEXT} if full else {"subject": "", "text": "", "html": ""}
    recipient = f"gever{number}@example.nl" if full else ""
    state = {"state": "failed" if full and number % 500 == 0 else "sent", "message_id": f"mail-{number}", "attempts": 1}
    return {
        "id": number,
        "kind": "thank_you",
        "recipient": recipient,
        **words,
        **state,
        "next_try_at": at,
        "created_at": at,
        "sent_at": at,
    }


def _gone_back() -> None:
    """One gift in three hundred refunded in part."""
    chosen = select(GiftEntry).where(GiftEntry.id % 300 == 0).order_by(GiftEntry.id)
    _put(
        GiftEntry,
        (
            {
                "gift_id": row.gift_id,
                "kind": "refunded",
                "amount": -(row.amount.cents // 2),
                "contact_id": row.contact_id,
                "programme_id": row.programme_id,
                "method": row.method,
                "received_on": str(row.received_on),
                "booked_on": str(row.booked_on),
                "recorded_at": _at(row.booked_on),
                "recorded_by": "mollie",
                "reverses_id": row.id,
                "source_system": "mollie",
                "source_ref": f"re_{row.id}",
            }
            for row in session().scalars(chosen).all()
        ),
    )


def _waiting() -> None:
    """Refunds, giving links, imports and erasures: what somebody still has to look at, and what they looked at."""
    at, wanted = now(), scaled(100)
    for number in range(1, wanted + 1):
        form = {"form_key": f"form-{number}", "idempotency_key": f"refund-{number}", "next_try_at": at}
        session().add(
            RefundRequest(
                payment_id=number * 100 - 50 if number * 100 < scaled(300_000) else number,
                amount=Euro(1_00),
                state="awaiting_approval",
                requested_by="Sanne",
                requested_at=at,
                **form,
            )
        )
    programme_id = session().scalar(select(GiftEntry.programme_id).limit(1))
    codes = [LINK, *(f"link-{number}" for number in range(_LINKS))]
    holders = _some(len(codes))
    for code, holder in zip(codes, holders * len(codes), strict=False):
        session().add(
            GivingLink(code=code, programme_id=programme_id, contact_id=holder, created_by="Sanne", created_at=at)
        )
    for number, kind in zip(range(400), ("contacts", "gifts") * 200, strict=True):
        stood = {"state": "accepted", "digest": "0" * 64, "filename": f"lijst{number}.csv", "size": 1_000}
        session().add(ImportRun(kind=kind, uploaded_at=at, uploaded_by="Sanne", accepted_at=at, **stood))
    session().add_all(
        ErasureProposal(contact_id=each, degree="reduced", reason="quiet", due_on=today(), found_at=at)
        for each in _some(scaled(2_000))
    )


def _trail() -> None:
    """Three hundred thousand deeds of colleagues and of jobs."""
    users = session().scalars(select(User.id)).all()
    contacts, numbers = _some(scaled(50_000)), count((session().scalar(select(AuditEntry.id).limit(1)) or 0) + 1)
    deeds = ("contact.changed", "contact.created", "contact.exported", "gift.corrected", "user.signed_in")
    rows = []
    for number, _ in zip(numbers, range(scaled(300_000)), strict=False):
        day, staff = today() - timedelta(days=3_000 - number // 100), number % 3
        rows.append(
            {
                "id": number,
                "at": _at(day),
                "actor_kind": "user" if staff else "job",
                "actor_id": users[number % len(users)] if staff else None,
                "action": deeds[number % len(deeds)],
                "subject_kind": "contact",
                "subject_id": contacts[number % len(contacts)],
                "digest": "0" * 64,
            }
        )
    _put(AuditEntry, rows)
    body = '{"actor": "Sanne de Boer", "before": {"town": "Ede"}, "after": {"town": "Zeist"}}'
    _put(AuditContent, ({"entry_id": row["id"], "key": b"0" * 32, "body": body} for row in rows))
