"""The personal data that no slice above the web states: mail that was written, and what privacy itself keeps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from fundraising.accounts.rules import MAILS_WITH_A_LINK
from fundraising.db import session
from fundraising.mailer.erasing import empty_mails_to, remove_written, waiting_for, written_mails
from fundraising.personal import PersonalData
from fundraising.privacy.models import Erasure, ErasureProposal
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundraising.personal import Afterwards, Degree, Person, Told


def _mails(person: Person) -> Iterator[Told]:
    for mail in written_mails(person.mailboxes):
        yield {
            "mail": mail.kind,
            "recipient": mail.recipient,
            "subject": mail.subject,
            # Who may hand out somebody's file may not choose a colleague's password with it.
            "text": "" if mail.kind in MAILS_WITH_A_LINK else mail.text,
            "created_at": mail.created_at,
            "sent_at": mail.sent_at,
        }


def _erase_mails(person: Person, _degree: Degree) -> tuple[Afterwards, ...]:
    empty_mails_to(person.mailboxes)
    return (partial(remove_written, person.mailboxes),)


def _hindrances(person: Person) -> Iterator[str]:
    if waiting_for(person.mailboxes):
        yield _("A mail to them is still to be sent.")


def _erasures(person: Person) -> Iterator[Told]:
    for row in session().scalars(select(Erasure).where(Erasure.contact_id.in_(person.numbers)).order_by(Erasure.id)):
        yield {"degree": row.degree, "why": row.reason, "erased_at": row.erased_at}


def _erase_proposals(person: Person, _degree: Degree) -> tuple[Afterwards, ...]:
    session().execute(delete(ErasureProposal).where(ErasureProposal.contact_id.in_(person.numbers)))
    return ()


SOURCES = (
    PersonalData(
        name="mails",
        tables=frozenset({"outgoing_mail"}),
        title=_("Mails that were sent"),
        purpose=_("To send them, and to answer who asks about one."),
        ground=_("Handling the gift that somebody chose to make."),
        retention=_("90 days after it was sent; then recipient and text go by themselves."),
        ending=_("Recipient, subject and text are erased at once; that a mail was sent, and when, stays."),
        read=_mails,
        erase=_erase_mails,
        hindrances=_hindrances,
    ),
    PersonalData(
        name="erasures",
        tables=frozenset({"erasure", "erasure_proposal"}),
        title=_("Erasing itself"),
        purpose=_("To be able to show that somebody was erased, and to do it again after a restore."),
        ground=_("The duty to show it (GDPR, article 5)."),
        retention=_("For good, with the contact's number only."),
        ending=_("That it was done stays; the proposal goes."),
        read=_erasures,
        erase=_erase_proposals,
    ),
)
