"""Whose gift something was, by what a list of earlier years tells: a number, an e-mail address, an IBAN, a name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rapidfuzz import fuzz
from sqlalchemy import select

from fundraising.contacts.models import Contact, ContactEmail, ContactIban
from fundraising.contacts.queries import current_ids, person_name
from fundraising.contacts.rules import match_address, match_name, names_compatible
from fundraising.contacts.rules.folding import folded_words
from fundraising.contacts.rules.sheets.rows import whole_name
from fundraising.db import session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Select
    from sqlalchemy.orm import InstrumentedAttribute


# Of 100: `Herv. Gem. Ede` may be `Hervormde Gemeente Ede` and is not `Herv. Gem. Urk`; `Janssen` may be `Jansen`.
_ALIKE = 60
_SPELLED_OTHERWISE = 80


class Register:
    """The contacts that some clues point to, read by a handful of queries, however many clues there are."""

    def __init__(
        self, *, numbers: Collection[int], emails: Collection[str], ibans: Collection[str], names: Collection[str]
    ) -> None:
        mailboxes = {match_address(email) for email in emails}
        accounts = {iban for iban in ibans if iban}
        folded = {each for name in names for each in _match_names(name)}
        by_email = _pairs(
            select(ContactEmail.match_address, ContactEmail.contact_id), ContactEmail.match_address, mailboxes
        )
        by_iban = _pairs(select(ContactIban.iban, ContactIban.contact_id), ContactIban.iban, accounts)
        by_name = _pairs(select(Contact.match_name, Contact.id), Contact.match_name, folded)
        found = {number for _, number in (*by_email, *by_iban, *by_name)}
        self._current = current_ids(found | set(numbers))
        self._emails, self._ibans, self._names = map(self._standing, (by_email, by_iban, by_name))
        standing = set(self._current.values())
        rows = session().scalars(select(Contact).where(Contact.id.in_(standing | found)))
        self._rows = {row.id: row for row in rows}

    def number(self, number: int) -> set[int]:
        """The contact with this number, or that became of it."""
        return {self._current[number]} & self._rows.keys()

    def email(self, email: str) -> set[int]:
        """Who has this e-mail address."""
        return self._emails[match_address(email)]

    def iban(self, iban: str) -> set[int]:
        """Who gives from this account."""
        return self._ibans[iban]

    def name(self, name: str) -> set[int]:
        """Whose name this can be: an organisation's, or that of a person with all that is told of it."""
        possible = {number for each in _match_names(name) for number in self._names[each]}
        return {number for number in possible if self.is_called(number, name)}

    def is_called(self, number: int, name: str) -> bool:
        """Whether a contact can bear this name."""
        row = self._rows[number]
        if row.organisation_name:
            return row.match_name == match_name(name)
        return names_compatible(person_name(row), whole_name(name))

    def resembles(self, number: int, name: str) -> bool:
        """Whether a name is near enough to a contact's that one may be another way of writing the other."""
        row = self._rows[number]
        if self.is_called(number, name):
            return True
        if row.organisation_name:
            return fuzz.token_sort_ratio(folded_words(name), folded_words(row.organisation_name)) >= _ALIKE
        return fuzz.ratio(match_name(whole_name(name).surname), row.match_name) >= _SPELLED_OTHERWISE

    def _standing(self, pairs: Iterable[tuple[str, int]]) -> Mapping[str, set[int]]:
        standing: dict[str, set[int]] = defaultdict(set)
        for key, number in pairs:
            standing[key].add(self._current[number])
        return standing


def _match_names(name: str) -> set[str]:
    return {match_name(name), match_name(whole_name(name).surname)} - {""}


def _pairs(wanted: Select[str, int], key: InstrumentedAttribute[str], values: Collection[str]) -> list[tuple[str, int]]:
    return [(found, number) for found, number in session().execute(wanted.where(key.in_(values)))] if values else []
