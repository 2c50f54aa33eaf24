"""The index by which contacts are found: made of their names and numbers, and made anew from them at will.

Compared byte by byte, on PostgreSQL too, where a language's own order would keep a range from being a beginning. No
foreign key: a contact's terms are rewritten with the contact, and a check tells where they were not.
"""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fundraising.contacts.rules.words import TermKind
from fundraising.db import BigId, Model, RowId, word

# An e-mail address is the longest of what is found.
_Bytewise = String(254).with_variant(String(254, collation="C"), "postgresql")


class SearchTerm(Model):
    """That a contact is found under a word or a number; a merged contact keeps its own."""

    __tablename__ = "search_term"
    __table_args__ = (
        Index("ix_search_term_contact", "contact_id", "kind", "term"),
        {"sqlite_with_rowid": False},
    )

    kind: Mapped[TermKind] = mapped_column(word(TermKind), primary_key=True)
    term: Mapped[str] = mapped_column(_Bytewise, primary_key=True)
    contact_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)


class SearchPart(Model):
    """What begins somewhere inside a word. Not unique: two who bring the same new word need not wait for each other."""

    __tablename__ = "search_part"
    __table_args__ = (Index("ix_search_part_part", "part", "word"),)

    id: Mapped[RowId]
    part: Mapped[str] = mapped_column(_Bytewise)
    word: Mapped[str] = mapped_column(_Bytewise, index=True)


class SearchKey(Model):
    """A key that a word shares with all that differ from it by one mistake; not unique either."""

    __tablename__ = "search_key"
    __table_args__ = (Index("ix_search_key_key", "key", "word"),)

    id: Mapped[RowId]
    key: Mapped[str] = mapped_column(_Bytewise)
    word: Mapped[str] = mapped_column(_Bytewise, index=True)


class SearchDue(Model):
    """That a contact's terms are still to be written. Not unique: who adds one does not wait for who takes another."""

    __tablename__ = "search_due"

    id: Mapped[RowId]
    contact_id: Mapped[int] = mapped_column(BigId)
