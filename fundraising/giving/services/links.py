"""Giving links: making one, and ending it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fundraising import clock
from fundraising.accounts.rules import Subject
from fundraising.accounts.services import record, who_acts
from fundraising.db import insert_new, session
from fundraising.giving.models import GivingLink
from fundraising.giving.rules.links import CodeTaken, LinkState, link_after, new_code, parse_code

if TYPE_CHECKING:
    from fundraising.money import Euro


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be made. An empty `code` asks for a new one; the amount is what the page begins with."""

    programme_id: int
    amount: Euro | None
    contact_id: int | None
    code: str = ""


def make_link(link: NewLink) -> str:
    """Make a giving link; its code. Raises BadCode, CodeTaken."""
    code = parse_code(link.code) if link.code else new_code()
    values = {
        "code": code,
        "programme_id": link.programme_id,
        "amount": link.amount,
        "contact_id": link.contact_id,
        "state": LinkState.ACTIVE,
        "created_by": who_acts().name,
        "created_at": clock.now(),
    }
    number = session().scalar(insert_new(GivingLink).values(values).returning(GivingLink.id))
    if number is None:
        raise CodeTaken(code)
    told = {"code": code, "programme_id": link.programme_id, "contact_id": link.contact_id}
    record("giving_link.made", Subject("giving_link", number), after=told)
    return code


def end_link(code: str) -> bool:
    """End a link; False where it was ended before. Raises LookupError."""
    link = session().scalar(select(GivingLink).where(GivingLink.code == code).with_for_update())
    if link is None:
        raise LookupError(code)
    before, link.state = link.state, link_after(link.state, LinkState.ENDED)
    if link.state is before:
        return False
    link.ended_at = clock.now()
    record("giving_link.ended", Subject("giving_link", link.id), before={"state": before}, after={"state": link.state})
    return True
