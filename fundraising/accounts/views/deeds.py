"""What the audit trail's words are on the screen: the one place that says what every deed and kind of record is called.

Whoever records a new deed gives it a line here; a test walks the code for deeds without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.accounts.views.told import told_actor, told_field, told_value
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from flask import Flask

DEEDS = {
    "contact.created": _("Contact added"),
    "contact.changed": _("Contact changed"),
    "contact.merged": _("Contacts merged"),
    "contact.unmerged": _("Merge undone"),
    "contact.judged": _("Judged whether it is a duplicate"),
    "contact.document_added": _("Document added"),
    "contact.document_removed": _("Document removed"),
    "contact.file_made": _("Complete file made"),
    "contact.kept": _("Contact kept for longer"),
    "contact.erased": _("Contact erased"),
    "contact.renamed": _("Name changed"),
    "contact.preferences": _("How to approach changed"),
    "contact.deceased": _("Death noted or taken back"),
    "contact.email": _("E-mail address changed"),
    "contact.undeliverable": _("Whether mail comes back changed"),
    "contact.phone": _("Telephone number changed"),
    "contact.address": _("Address changed"),
    "contact.account": _("Account changed"),
    "contact.link": _("To what it belongs changed"),
    "contact.note": _("Note written or changed"),
    "contact.reminder": _("Reminder done or standing again"),
    "contacts.leafed": _("Leafed through contacts"),
    "contacts.exported": _("Contacts exported"),
    "affiliation.begun": _("Role begun"),
    "affiliation.changed": _("Role changed"),
    "affiliation.removed": _("Role removed"),
    "household.formed": _("Household formed"),
    "household.joined": _("Joined a household"),
    "household.grown": _("Somebody joined the household"),
    "household.left": _("Left the household"),
    "household.salutation": _("How the household is written to changed"),
    "consent.granted": _("Agreed to mailings"),
    "consent.withdrawn": _("Stopped mailings"),
    "gift.corrected": _("Gift corrected"),
    "gift.thanked_again": _("Thanked again"),
    "gift.refund_requested": _("Refund asked for"),
    "gift.refund_approved": _("Refund agreed to"),
    "gift.refund_declined": _("Refund declined"),
    "gift.refund_withdrawn": _("Refund withdrawn"),
    "gift.refund_tried_again": _("Refund tried again"),
    "gift.refund_settled": _("Refund put aside"),
    "gifts.leafed": _("Leafed through gifts"),
    "gifts.exported": _("Gifts exported"),
    "payment.settled": _("Payment put aside"),
    "contact.address_left": _("Typed address not taken over"),
    "giving_link.made": _("Giving link made"),
    "giving_link.ended": _("Giving link ended"),
    "giving_links.exported": _("Giving links exported"),
    "audit.exported": _("Audit trail exported"),
    "import.uploaded": _("File uploaded"),
    "import.refused": _("File refused"),
    "import.accepted": _("Import accepted"),
    "import.out_of_date": _("Import out of date"),
    "import.brought_in": _("Import brought in"),
    "import.undo_asked": _("Undoing of an import asked for"),
    "import.undo_refused": _("Undoing of an import refused"),
    "import.undone": _("Import undone"),
    "import.discarded": _("Import discarded"),
    "import.leafed": _("Leafed through the rows of an import"),
    "import.refused_rows_taken": _("Refused rows downloaded"),
    "user.added": _("Colleague added"),
    "user.invited": _("Colleague invited"),
    "user.changed": _("Colleague changed"),
    "user.disabled": _("Colleague shut out"),
    "user.enabled": _("Colleague let in again"),
    "user.signed_in": _("Signed in"),
    "user.sign_in_failed": _("Signing in failed"),
    "user.sessions_ended": _("Signed out everywhere"),
    "user.password_set": _("Password set"),
    "user.authenticator_set": _("Authenticator app set up"),
    "user.authenticator_removed": _("Authenticator app removed"),
    "user.passkey_added": _("Passkey added"),
    "user.passkey_removed": _("Passkey removed"),
    "user.recovery_codes_made": _("Recovery codes made"),
    "user.second_factor_reset": _("Second step taken away"),
    "programmes.loaded": _("Programmes loaded"),
    "mail.retried": _("Mail to be tried again"),
    "audit.erased": _("Wiped from the audit trail"),
}
RECORD_KINDS = {
    "contact": _("Contact"),
    "contacts": _("Contacts"),
    "gift": _("Gift"),
    "gifts": _("Gifts"),
    "giving_link": _("Giving link"),
    "giving_links": _("Giving links"),
    "audit": _("Audit trail"),
    "import": _("Import"),
    "mail": _("Mail"),
    "payment": _("Payment"),
    "programmes": _("Programmes"),
    "user": _("Colleague"),
}


def init(app: Flask) -> None:
    """Let templates write `{{ entry.action|deed }}`, `{{ entry.subject.kind|record_kind }}`, and so on."""
    app.jinja_env.filters.update(deed=deed, record_kind=record_kind)
    app.jinja_env.filters.update(told_actor=told_actor, told_field=told_field, told_value=told_value)


def deed(action: str) -> str:
    """What was done, from its name in the trail, `contact.changed`; a name that is used no more is shown as it is."""
    return str(DEEDS.get(action, action))


def record_kind(kind: str) -> str:
    """What a kind of record is called; one that is used no more is shown as it is."""
    return str(RECORD_KINDS.get(kind, kind))
