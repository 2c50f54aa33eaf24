"""Who may do what, for all to see."""

from __future__ import annotations

from flask import render_template

from fundraising.accounts.forms import ROLE_NAMES
from fundraising.accounts.rules import MATRIX, Permission
from fundraising.accounts.views.blueprint import blueprint
from fundraising.accounts.views.guard import requires, settings
from fundraising.web.locale import lazy_text as _
from fundraising.web.menu import Group, MenuItem, in_menu

in_menu(
    blueprint,
    MenuItem(
        group=Group.HOUSE,
        place=20,
        label=_("Permissions"),
        endpoint="accounts.permissions",
        permission=Permission.SEE_PERMISSIONS,
    ),
)

_TOLD = {
    Permission.SEE_CONTACTS: _("See people and organisations"),
    Permission.EDIT_CONTACTS: _("Change people and organisations"),
    Permission.MERGE_CONTACTS: _("Judge and merge duplicates"),
    Permission.IMPORT_CONTACTS: _("Import people and organisations"),
    Permission.EXPORT_CONTACTS: _("Export people and organisations"),
    Permission.SEE_DOCUMENTS: _("See documents"),
    Permission.EDIT_DOCUMENTS: _("Add and remove documents"),
    Permission.SEE_GIFTS: _("See gifts"),
    Permission.CORRECT_GIFTS: _("Correct gifts"),
    Permission.REFUND_GIFTS: _("Refund gifts"),
    Permission.IMPORT_GIFTS: _("Import gifts of earlier years"),
    Permission.EXPORT_GIFTS: _("Export gifts"),
    Permission.GIVING_LINKS: _("Make giving links"),
    Permission.RESEND_THANKS: _("Send thanks again"),
    Permission.PERSON_FILE: _("Hand out a person's complete file"),
    Permission.ERASE_CONTACTS: _("Erase people and organisations"),
    Permission.SEE_AUDIT: _("Read the audit trail"),
    Permission.SEE_PERMISSIONS: _("See this page"),
    Permission.MANAGE_USERS: _("Manage users"),
    Permission.SEE_JOBS: _("See jobs and failed mail"),
}


@blueprint.get("/rechten")
@requires(Permission.SEE_PERMISSIONS)
def permissions() -> str:
    """Show the matrix of roles and permissions."""
    return render_template(
        "accounts/permissions.html",
        roles=list(MATRIX),
        role_names=ROLE_NAMES,
        rows=[(_TOLD[permission], [permission in MATRIX[role] for role in MATRIX]) for permission in Permission],
        twice=[role in settings().second_factor_roles for role in MATRIX],
    )
