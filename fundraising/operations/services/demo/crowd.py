"""People and organisations by the hundred thousand, made by chance from a seed: the same seed makes the same crowd.

Written straight into the tables, in the order of their numbers: what is measured on them is how they are read.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from fundraising.clock import now, today
from fundraising.contacts.models import (
    Affiliation,
    ChurchDetails,
    Contact,
    ContactEmail,
    ContactIban,
    ContactPhone,
    OrganisationLink,
    PostalAddress,
    SchoolDetails,
)
from fundraising.contacts.rules import match_name
from fundraising.contacts.rules.folding import folded
from fundraising.contacts.services.search_index import reindex
from fundraising.db import insert_many, is_sqlite, session
from fundraising.operations.services.demo import names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from fundraising.db import Model

    Rows = dict[type[Model], list[dict[str, Any]]]

SYSTEM = "demo"
# Of a thousand contacts: churches, each with a diaconie, and so on; the others are people.
_CHURCHES, _SCHOOLS, _COMPANIES, _FUNDS = 40, 10, 5, 5
_THOUSAND = 1_000
_BANKS = ("INGB", "RABO", "ABNA", "SNSB", "TRIO", "ASNB", "RBRB", "KNAB")
_MAILBOXES = ("post.example", "mail.example", "thuis.example", "web.example")
_CHURCH_ROLES = ("scriba", "predikant", "kerkrentmeester", "ouderling")
_DIACONIE_ROLES = ("penningmeester", "diaken", "zwo")
_LEVELS = ("po", "vo", "mbo", "hbo")


@dataclass
class Crowd:
    """Makes rows of contacts; `first` is the number of its first one."""

    chance: Random
    first: int
    rows: Rows = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.next = self.first
        # As each database writes an instant.
        instant = now().replace(tzinfo=None) if is_sqlite(session().connection()) else now()
        self.made_at = instant.isoformat(sep=" ")

    def some(self, count: int) -> range:
        """Make so many contacts more; their numbers."""
        start = self.next
        while self.next < start + count:
            room, kind = start + count - self.next, self.chance.randrange(_THOUSAND)
            if kind < _CHURCHES and room > len(("church", "diaconie", "clerk", "treasurer")):
                self._church()
            elif kind < _CHURCHES + _SCHOOLS:
                self._school()
            elif kind < _CHURCHES + _SCHOOLS + _COMPANIES + _FUNDS:
                self._giver(kind)
            else:
                self._person()
        return range(start, self.next)

    def _person(self) -> int:
        name = names.person(self.chance)
        contact_id = self._contact(
            "person",
            salutation=name.salutation.value,
            given_name=name.given_name,
            name_prefix=name.prefix,
            surname=name.surname,
            match_name=match_name(name.surname),
        )
        self._address(contact_id, names.place(self.chance))
        if self.chance.random() < 0.8:  # noqa: PLR2004  most
            mailbox = f"{folded(name.given_name)}.{folded(name.prefix + name.surname)}{self.chance.randrange(999)}"
            self._email(contact_id, f"{mailbox}@{self.chance.choice(_MAILBOXES)}")
        if self.chance.random() < 0.7:  # noqa: PLR2004  most
            self._iban(contact_id)
        if self.chance.random() < 0.4:  # noqa: PLR2004  some
            number = f"+316{self.chance.randrange(10_000_000, 100_000_000)}"
            self._add(ContactPhone, contact_id=contact_id, number=number, created_at=self.made_at)
        return contact_id

    def _church(self) -> None:
        where = names.place(self.chance)
        denomination, name = names.church(self.chance, where.town)
        church = self._organisation("church", name)
        diaconie = self._organisation("diaconie", f"Diaconie {name}")
        members = self.chance.randrange(60, 2_500)
        self._add(ChurchDetails, contact_id=church, denomination=denomination, town=where.town, members=members)
        self._add(OrganisationLink, organisation_id=diaconie, parent_id=church, created_at=self.made_at)
        for body, roles in ((church, _CHURCH_ROLES), (diaconie, _DIACONIE_ROLES)):
            self._address(body, where)
            self._iban(body)
            self._email(body, f"info{body}@{folded(name)[:40]}.example")
            self._in_role(self._person(), body, self.chance.choice(roles))

    def _school(self) -> None:
        where = names.place(self.chance)
        school = self._organisation("school", names.school(self.chance, where.town))
        brin = (
            f"{self.chance.randrange(100):02}{self.chance.choice('ABCDGHLPRTXZ')}{self.chance.choice('ABCDGHLPRTXZ')}"
        )
        self._add(SchoolDetails, contact_id=school, level=self.chance.choice(_LEVELS), brin=brin)
        self._address(school, where)
        self._email(school, f"administratie{school}@school.example")

    def _giver(self, kind: int) -> None:
        company = kind < _CHURCHES + _SCHOOLS + _COMPANIES
        make = names.company if company else names.fund
        body = self._organisation("company" if company else "fund", make(self.chance))
        self._address(body, names.place(self.chance))
        self._iban(body)

    def _organisation(self, kind: str, name: str) -> int:
        return self._contact(
            "organisation", organisation_kind=kind, organisation_name=name, match_name=match_name(name)
        )

    def _contact(self, kind: str, **columns: str) -> int:
        contact_id, self.next = self.next, self.next + 1
        blank: dict[str, Any] = {"organisation_kind": None, "organisation_name": "", "salutation": "unknown"}
        blank |= {"given_name": "", "name_prefix": "", "surname": "", "language": "nl", "source": SYSTEM}
        blank |= {"kvk": "", "rsin": "", "do_not_contact": False, "version": 1}
        self._add(Contact, id=contact_id, kind=kind, created_at=self.made_at, **(blank | columns))
        return contact_id

    def _address(self, contact_id: int, where: names.InventedPlace) -> None:
        kind = {"country": "NL", "kind": "postal", "created_at": self.made_at}
        self._add(PostalAddress, contact_id=contact_id, **where._asdict(), **kind)

    def _email(self, contact_id: int, address: str) -> None:
        more = {"undeliverable_reason": "", "created_at": self.made_at}
        self._add(ContactEmail, contact_id=contact_id, address=address, match_address=address, **more)

    def _iban(self, contact_id: int) -> None:
        iban = invented_iban(self.chance)
        more = {"provenance": self.chance.choice(("bank", "mollie")), "holder": "", "created_at": self.made_at}
        self._add(ContactIban, contact_id=contact_id, iban=iban, **more)

    def _in_role(self, person: int, body: int, role: str) -> None:
        since = date(2008, 1, 1) + timedelta(days=self.chance.randrange((today() - date(2008, 1, 1)).days))
        term = {"valid_from": since.isoformat(), "is_primary": True, "created_at": self.made_at}
        self._add(Affiliation, person_id=person, organisation_id=body, role=role, **term)

    def _add(self, table: type[Model], **values: Any) -> None:  # noqa: ANN401  each column has its own type
        self.rows[table].append(values)


def first_free_number() -> int:
    """The number of the next contact."""
    return (session().scalar(select(func.max(Contact.id))) or 0) + 1


def plant(crowd: Crowd, count: int) -> None:
    """Put so many contacts more of a crowd in the tables and in the index, in the caller's transaction."""
    planted = crowd.some(count)
    for table, rows in crowd.rows.items():
        insert_many(table, tuple(rows[0]), (tuple(row.values()) for row in rows))
    crowd.rows.clear()
    reindex(planted)


def number_on() -> None:
    """Let PostgreSQL number the next contact behind those that were written with numbers."""
    if not is_sqlite(session().connection()):
        session().execute(select(func.setval(func.pg_get_serial_sequence("contact", "id"), first_free_number(), False)))  # noqa: FBT003


def invented_iban(chance: Random) -> str:
    """An IBAN with right check digits; its account fails the Dutch banks' own check, so that it is nobody's."""
    bank, account = chance.choice(_BANKS), f"{chance.randrange(100_000_000, 10_000_000_000):010}"
    if not sum((10 - place) * int(figure) for place, figure in enumerate(account)) % 11:
        account = account[:-1] + str((int(account[-1]) + 1) % 10)
    # ISO 13616: country and `00` behind, letters as numbers from 10 on, 98 less the rest of a division by 97.
    rest = int("".join(str(int(sign, 36)) for sign in f"{bank}{account}NL00")) % 97
    return f"NL{98 - rest:02}{bank}{account}"


def batches(total: int, at_once: int) -> Iterator[int]:
    """How many at a time, until all are there."""
    while total > 0:
        yield min(total, at_once)
        total -= at_once
