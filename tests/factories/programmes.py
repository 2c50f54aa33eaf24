"""Programmes, made directly so that a test of money need not load the shipped ones."""

from __future__ import annotations

from sqlalchemy import select

from fundraising.db import session
from fundraising.programmes.models import Programme


def programme(code: str = "herstelwerk") -> int:
    """The id of the programme with this code, made when it is not there."""
    found = session().scalar(select(Programme).where(Programme.code == code))
    if found is None:
        found = Programme(code=code, position=0)
        session().add(found)
        session().flush()  # its id is what was asked for
    return found.id
