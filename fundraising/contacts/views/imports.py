"""Pages on which lists of churches, schools and people come in."""

from __future__ import annotations

from flask import Blueprint

from fundraising.accounts.rules import Permission
from fundraising.contacts.forms.imports import CONTACT_CHOICES, CONTACT_WORDS
from fundraising.contacts.services.imports import CONTACTS
from fundraising.imports.views import ImportPages, add_pages
from fundraising.web.desk import DESK
from fundraising.web.locale import lazy_text as _
from fundraising.web.menu import Group, MenuItem, in_menu

blueprint = Blueprint("contact_imports", __name__, url_prefix=DESK)
in_menu(
    blueprint,
    MenuItem(
        group=Group.PEOPLE,
        place=80,
        label=_("Import contacts"),
        endpoint="contact_imports.contacts_import_list",
        permission=Permission.IMPORT_CONTACTS.value,
    ),
)


add_pages(
    blueprint,
    ImportPages(
        kind=CONTACTS,
        blueprint="contact_imports",
        path="/importeren",
        permission=Permission.IMPORT_CONTACTS,
        title=_("Import contacts"),
        introduction=_(
            "Churches, schools and other organisations with their contact persons, or people by themselves:"
            " one row for each person."
        ),
        warning=_("Everything goes in at once, and can be undone as long as nothing is built upon it."),
        words=CONTACT_WORDS,
        choices=CONTACT_CHOICES,
        samples={"kerken-en-scholen.xlsx": _("churches and schools (Excel)"), "kerken.csv": _("churches (CSV)")},
    ),
)
