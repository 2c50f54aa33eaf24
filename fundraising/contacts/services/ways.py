"""Ways to reach a contact: addresses, e-mail, telephone, and the accounts from which it gives."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import insert, select, update

from fundraising.clock import now, today
from fundraising.contacts.models import Contact, ContactEmail, ContactIban, ContactPhone, PostalAddress
from fundraising.contacts.queries import address_of, contact, known_as
from fundraising.contacts.rules import PROVEN, IbanProvenance, UnknownContact, match_address, tidy_postcode
from fundraising.contacts.rules.details import Account, AddressEntry
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.contacts.rules.terms import Term, check_likely, day_before
from fundraising.contacts.services.changes import locked, note_change
from fundraising.contacts.services.search_index import reindex
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

    from fundraising.contacts.rules import Address
    from fundraising.contacts.rules.details import Ways

Way = TypeVar("Way", ContactEmail, ContactPhone, ContactIban, PostalAddress)


def set_first_postal_address(contact_id: int, address: Address) -> bool:
    """Note where a contact's post goes, unless that is known already; False then. Raises UnknownContact."""
    locked(contact_id)  # two gifts at one moment may each bring an address
    return contact(contact_id).address is None and set_postal_address(contact_id, address)


def set_postal_address(contact_id: int, address: Address) -> bool:
    """Note where a contact's post goes from now on; False when that was known. Raises UnknownContact."""
    before = contact(contact_id)
    tidy = replace(address, postcode=tidy_postcode(address.postcode))
    if before.address == tidy:
        return False
    values = asdict(tidy) | {"contact_id": before.contact_id, "created_at": now()}
    session().execute(insert(PostalAddress), [values])
    reindex([before.contact_id])
    return True


def add_ways(row: Contact, ways: Ways) -> None:
    """Keep what is known of how to reach a contact that was just made."""
    if ways.email:
        add_email(row.id, ways.email)
    if ways.phone:
        add_phone(row.id, ways.phone)
    if ways.address is not None:
        add_address(row.id, AddressEntry(ways.address))
    if ways.iban:
        add_account(row.id, Account(ways.iban))


def add_email(contact_id: int, address: str, *, primary: bool = False) -> int:
    """Keep an e-mail address of a contact; its row's id. Raises Refusal for one that is known."""
    row = locked(contact_id)
    mailbox = match_address(address)
    _refuse_known(ContactEmail, row.id, ContactEmail.match_address == mailbox)
    email = _added(ContactEmail(contact_id=row.id, address=address.strip(), match_address=mailbox, created_at=now()))
    if primary:
        _prefer(row.id, email)
    note_change(row, "contact.email", after={"email": email.address})
    return email.id


def change_email(contact_id: int, row_id: int, address: str, *, version: int) -> bool:
    """Put an e-mail address right; it is taken to work until mail comes back. Raises StaleRecord, Refusal."""
    row = locked(contact_id, version)
    email = _owned(ContactEmail, row.id, row_id)
    mailbox = match_address(address)
    _refuse_known(ContactEmail, row.id, ContactEmail.match_address == mailbox, ContactEmail.id != row_id)
    before, email.address = email.address, address.strip()
    if mailbox != email.match_address:
        email.match_address, email.undeliverable_at, email.undeliverable_reason = mailbox, None, ""
    return note_change(row, "contact.email", before={"email": before}, after={"email": email.address})


def prefer_email(contact_id: int, row_id: int, *, version: int) -> bool:
    """Let mail go to this address first. Raises StaleRecord."""
    row = locked(contact_id, version)
    email = _owned(ContactEmail, row.id, row_id)
    if email.is_primary:
        return False
    _prefer(row.id, email)
    return note_change(row, "contact.email", after={"preferred_email": email.address})


def mark_undeliverable(contact_id: int, row_id: int, reason: str) -> bool:
    """Note that mail to this address comes back, and with what words; False where that was known."""
    row = locked(contact_id)
    email = _owned(ContactEmail, row.id, row_id)
    if email.undeliverable_at is not None:
        return False
    words = " ".join(reason.split())[:300]
    for same in _same_mailbox(row.id, email):
        same.undeliverable_at, same.undeliverable_reason = now(), words
    return note_change(row, "contact.undeliverable", after={"undeliverable": email.address, "reason": words})


def mark_deliverable(contact_id: int, row_id: int) -> bool:
    """Note that mail to this address arrives after all; False where nothing else was known."""
    row = locked(contact_id)
    email = _owned(ContactEmail, row.id, row_id)
    if email.undeliverable_at is None:
        return False
    for same in _same_mailbox(row.id, email):
        same.undeliverable_at, same.undeliverable_reason = None, ""
    return note_change(row, "contact.undeliverable", before={"undeliverable": email.address})


def remove_email(contact_id: int, row_id: int, *, version: int) -> None:
    """Forget an e-mail address. Raises StaleRecord."""
    row = locked(contact_id, version)
    email = _owned(ContactEmail, row.id, row_id)
    for same in _same_mailbox(row.id, email):
        session().delete(same)
    note_change(row, "contact.email", before={"email": email.address, "preferred": email.is_primary or None})


def add_phone(contact_id: int, number: str) -> int:
    """Keep a telephone number, in E.164; its row's id. Raises Refusal for one that is known."""
    row = locked(contact_id)
    _refuse_known(ContactPhone, row.id, ContactPhone.number == number)
    phone = _added(ContactPhone(contact_id=row.id, number=number, created_at=now()))
    note_change(row, "contact.phone", after={"phone": number})
    return phone.id


def change_phone(contact_id: int, row_id: int, number: str, *, version: int) -> bool:
    """Put a telephone number right. Raises StaleRecord, Refusal."""
    row = locked(contact_id, version)
    phone = _owned(ContactPhone, row.id, row_id)
    _refuse_known(ContactPhone, row.id, ContactPhone.number == number, ContactPhone.id != row_id)
    before, phone.number = phone.number, number
    return note_change(row, "contact.phone", before={"phone": before}, after={"phone": number})


def remove_phone(contact_id: int, row_id: int, *, version: int) -> None:
    """Forget a telephone number. Raises StaleRecord."""
    row = locked(contact_id, version)
    phone = _owned(ContactPhone, row.id, row_id)
    theirs = select(ContactPhone).where(ContactPhone.contact_id.in_(known_as(row.id)))
    for same in session().scalars(theirs.where(ContactPhone.number == phone.number)).all():
        session().delete(same)
    note_change(row, "contact.phone", before={"phone": phone.number})


def add_address(contact_id: int, entry: AddressEntry) -> int:
    """Keep an address; its row's id. What went before it for the same kind ends on the day before. Raises Refusal."""
    row = locked(contact_id)
    _check(entry.term)
    place = _added(PostalAddress(contact_id=row.id, created_at=now(), **_place_columns(entry)))
    if not entry.term.ended_by(today()):
        _end_earlier(row.id, place)
    note_change(row, "contact.address", after=_place_told(place))
    return place.id


def change_address(contact_id: int, row_id: int, entry: AddressEntry, *, version: int) -> bool:
    """Put an address right, or end it. Raises StaleRecord, Refusal."""
    row = locked(contact_id, version)
    place = _owned(PostalAddress, row.id, row_id)
    _check(entry.term)
    before = _place_told(place)
    for same in _saying_the_same(PostalAddress, row.id, place):
        for column, value in _place_columns(entry).items():
            setattr(same, column, value)
    return note_change(row, "contact.address", before=before, after=_place_told(place))


def remove_address(contact_id: int, row_id: int, *, version: int) -> None:
    """Forget an address that was never right. Raises StaleRecord."""
    row = locked(contact_id, version)
    place = _owned(PostalAddress, row.id, row_id)
    for same in _saying_the_same(PostalAddress, row.id, place):
        session().delete(same)
    note_change(row, "contact.address", before=_place_told(place))


def put_address_back(contact_id: int, entry: AddressEntry) -> None:
    """Keep an address that stood here before, without ending another. Raises Refusal for one that stands here again."""
    row = locked(contact_id)
    columns = _place_columns(entry)
    _refuse_known(PostalAddress, row.id, *(getattr(PostalAddress, name) == value for name, value in columns.items()))
    note_change(
        row, "contact.address", after=_place_told(_added(PostalAddress(contact_id=row.id, created_at=now(), **columns)))
    )


def add_account(contact_id: int, account: Account) -> int:
    """Keep an account that we were told of, which proves nothing; its row's id. Raises Refusal for one that holds."""
    row = locked(contact_id)
    _check(account.term)
    known = session().scalar(
        select(ContactIban)
        .where(ContactIban.contact_id.in_(known_as(row.id)), ContactIban.iban == account.iban)
        .limit(1)
    )
    if known is not None and not _term_of(known).ended_by(today()):
        raise Refusal(Reason.KNOWN)
    if known is None:
        new = ContactIban(contact_id=row.id, iban=account.iban, provenance=IbanProvenance.TYPED, created_at=now())
        known = _added(new)
    _set_account(known, account)
    note_change(row, "contact.account", after=_account_told(known))
    return known.id


def put_account_back(contact_id: int, account: Account) -> None:
    """Keep an account that stood here before and that nothing proved. Raises Refusal for one that stands here again."""
    row = locked(contact_id)
    _refuse_known(ContactIban, row.id, ContactIban.iban == account.iban)
    back = ContactIban(contact_id=row.id, iban=account.iban, provenance=IbanProvenance.TYPED, created_at=now())
    _set_account(back, account)
    note_change(row, "contact.account", after=_account_told(_added(back)))


def change_account(contact_id: int, row_id: int, account: Account, *, version: int) -> bool:
    """Change whose an account is, when it holds, and the IBAN of one that nothing proves.

    Raises StaleRecord, Refusal.
    """
    row = locked(contact_id, version)
    known = _owned(ContactIban, row.id, row_id)
    _check(account.term)
    before = _account_told(known)
    if account.iban != known.iban:
        if known.provenance in PROVEN:
            raise Refusal(Reason.PROVEN)
        _refuse_known(ContactIban, row.id, ContactIban.iban == account.iban)
    for same in _saying_the_same(ContactIban, row.id, known):
        same.iban = account.iban
        _set_account(same, account)
    return note_change(row, "contact.account", before=before, after=_account_told(known))


def remove_account(contact_id: int, row_id: int, *, version: int) -> None:
    """Forget an account that nothing proves. Raises StaleRecord, and Refusal for one that is proven: that ends."""
    row = locked(contact_id, version)
    known = _owned(ContactIban, row.id, row_id)
    if known.provenance in PROVEN:
        raise Refusal(Reason.PROVEN)
    for same in _saying_the_same(ContactIban, row.id, known):
        session().delete(same)
    note_change(row, "contact.account", before=_account_told(known))


def _prefer(contact_id: int, email: ContactEmail) -> None:
    theirs = update(ContactEmail).where(ContactEmail.contact_id.in_(known_as(contact_id)))
    session().execute(theirs.values(is_primary=False).execution_options(synchronize_session="fetch"))
    email.is_primary = True


def _same_mailbox(contact_id: int, email: ContactEmail) -> list[ContactEmail]:
    """Its row, and those of contacts merged into this one that hold the same mailbox and would show in its place."""
    theirs = select(ContactEmail).where(ContactEmail.contact_id.in_(known_as(contact_id)))
    return list(session().scalars(theirs.where(ContactEmail.match_address == email.match_address)))


# By which an address and an account are told from others of the same contact.
_TELLING: Mapping[type[Any], tuple[str, ...]] = {
    PostalAddress: ("street", "house_number", "postcode", "town", "country", "kind", "valid_from", "valid_until"),
    ContactIban: ("iban", "provenance", "holder", "valid_from", "valid_until"),
}


def _saying_the_same(table: type[Way], contact_id: int, row: Way) -> list[Way]:
    """Its row, and those of contacts merged into this one that say the same and would show in its place."""
    same = (getattr(table, name).is_not_distinct_from(getattr(row, name)) for name in _TELLING[table])
    return list(session().scalars(select(table).where(table.contact_id.in_(known_as(contact_id)), *same)))


def _owned(table: type[Way], contact_id: int, row_id: int) -> Way:
    """A row of this contact or of one merged into it. Raises UnknownContact for anybody else's."""
    row = session().get(table, row_id, populate_existing=True)
    if row is None or row.contact_id not in known_as(contact_id):
        raise UnknownContact(contact_id)
    return row


def _added(row: Way) -> Way:
    session().add(row)
    session().flush()  # its number is what was asked for
    return row


def _refuse_known(table: type[Way], contact_id: int, *same: ColumnElement[bool]) -> None:
    if session().scalar(select(table.id).where(table.contact_id.in_(known_as(contact_id)), *same).limit(1)) is not None:
        raise Refusal(Reason.KNOWN)


def _check(term: Term) -> None:
    check_likely((term.valid_from, term.valid_until), today())


def _end_earlier(contact_id: int, new: PostalAddress) -> None:
    """End what held before a new address of the same kind began."""
    begins = new.valid_from or today()
    theirs = select(PostalAddress).where(PostalAddress.contact_id.in_(known_as(contact_id)), PostalAddress.id != new.id)
    for old in session().scalars(theirs.where(PostalAddress.kind == new.kind)):
        began_before = old.valid_from is None or old.valid_from < begins
        if began_before and (old.valid_until is None or old.valid_until >= begins):
            old.valid_until = day_before(begins)


def _place_columns(entry: AddressEntry) -> dict[str, Any]:
    tidy = replace(entry.address, postcode=tidy_postcode(entry.address.postcode))
    return {**asdict(tidy), "kind": entry.kind, **asdict(entry.term)}


def _place_told(place: PostalAddress) -> dict[str, Any]:
    told = {"address_kind": place.kind, "valid_from": place.valid_from, "valid_until": place.valid_until}
    return {**asdict(address_of(place)), **told}


def _term_of(known: ContactIban) -> Term:
    return Term(known.valid_from, known.valid_until)


def _set_account(known: ContactIban, account: Account) -> None:
    known.holder = account.holder
    known.valid_from, known.valid_until = account.term.valid_from, account.term.valid_until


def _account_told(known: ContactIban) -> dict[str, Any]:
    told = {"valid_from": known.valid_from, "valid_until": known.valid_until}
    return {"iban": known.iban, "holder": known.holder, **told}
