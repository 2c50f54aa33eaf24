"""Putting back what was removed from a contact, from what the audit trail holds of the removal."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from fundraising.accounts.queries.trail import deeds_about
from fundraising.clock import parse_instant
from fundraising.contacts.queries import known_as
from fundraising.contacts.rules import Address, UnknownContact
from fundraising.contacts.rules.details import Account, AddressEntry, RoleEntry
from fundraising.contacts.rules.organisations import AddressKind, Role
from fundraising.contacts.rules.terms import Term
from fundraising.contacts.services.notes import WrittenNote, put_note_back
from fundraising.contacts.services.ties import begin_role
from fundraising.contacts.services.ways import add_email, add_phone, put_account_back, put_address_back

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fundraising.accounts.queries.trail import Deed

# Whoever thinks better of it does so soon.
_LOOKED_THROUGH = 50


def last_removal(contact_id: int) -> int | None:
    """The number of the newest thing that was done to a contact, where it removed what can be put back."""
    newest = next(iter(deeds_about("contact", known_as(contact_id), most=1)), None)
    return newest.entry_id if newest is not None and _is_removal(newest) else None


def put_back(contact_id: int, removal: int) -> None:
    """Undo a removal. Raises UnknownContact where there is none of this number, Refusal for what stands there again.

    What mail came back from, and when something was first known, is not put back: it is known from today.
    """
    deeds = deeds_about("contact", known_as(contact_id), most=_LOOKED_THROUGH)
    found = next((deed for deed in deeds if deed.entry_id == removal and _is_removal(deed)), None)
    if found is None:
        raise UnknownContact(contact_id)
    _PUT_BACK[found.action](contact_id, found.before)


def _is_removal(deed: Deed) -> bool:
    return deed.action in _PUT_BACK and bool(deed.before) and not deed.after


def _email(contact_id: int, was: Mapping[str, Any]) -> None:
    add_email(contact_id, was["email"], primary=was.get("preferred", False))


def _phone(contact_id: int, was: Mapping[str, Any]) -> None:
    add_phone(contact_id, was["phone"])


def _address(contact_id: int, was: Mapping[str, Any]) -> None:
    address = Address(*(was.get(name, "") for name in ("street", "house_number", "postcode", "town", "country")))
    put_address_back(contact_id, AddressEntry(address, AddressKind(was["address_kind"]), _term(was)))


def _account(contact_id: int, was: Mapping[str, Any]) -> None:
    put_account_back(contact_id, Account(was["iban"], was.get("holder", ""), _term(was)))


def _note(contact_id: int, was: Mapping[str, Any]) -> None:
    day, done = was.get("remind_on"), was.get("done_at")
    note = WrittenNote(
        was["text"],
        parse_instant(was["written_at"]),
        was["written_by"],
        remind_on=date.fromisoformat(day) if day else None,
        done_at=parse_instant(done) if done else None,
    )
    put_note_back(contact_id, note)


def _role(_contact_id: int, was: Mapping[str, Any]) -> None:
    role = Role(was["role"]) if was["role"] in set(Role) else Role.OTHER
    begin_role(was["person"], was["organisation"], RoleEntry(role, _term(was), was.get("is_primary", False)))


def _term(was: Mapping[str, Any]) -> Term:
    begun, ended = was.get("valid_from"), was.get("valid_until")
    return Term(date.fromisoformat(begun) if begun else None, date.fromisoformat(ended) if ended else None)


_PUT_BACK: Mapping[str, Callable[[int, Mapping[str, Any]], None]] = {
    "contact.email": _email,
    "contact.phone": _phone,
    "contact.address": _address,
    "contact.account": _account,
    "contact.note": _note,
    "affiliation.removed": _role,
}
