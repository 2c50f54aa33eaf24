"""The front page of the desk: what needs doing today, for the roles of whoever looks."""

from __future__ import annotations

from functools import partial

from flask import render_template

from fundraising.accounts.queries.trail import TrailFilter, trail
from fundraising.accounts.rules import Permission, Role
from fundraising.accounts.views import current_user, requires_staff
from fundraising.contacts.queries.listed import ListFilter, Order, listed_contacts, lost_mailboxes
from fundraising.desk.queries.today import (
    addresses_with_names,
    failed_mails,
    mistyped_addresses,
    new_gifts,
    pairs_to_judge,
    recent_double_payments,
    reminders,
    waiting_colleagues,
    waiting_refunds,
)
from fundraising.desk.views.blueprint import blueprint
from fundraising.desk.views.gifts.words import REFUND_STATES, why_stuck
from fundraising.desk.views.panels import MOST_ROWS, Panel, panels_for
from fundraising.giving.queries import open_transfers
from fundraising.giving.queries.trouble import stuck
from fundraising.programmes.queries import programme_names
from fundraising.web.locale import current_language, lazy_text
from fundraising.web.menu import Group, MenuItem, in_menu

_READ = MOST_ROWS + 1
_RELATIONS, _FINANCE = frozenset({Role.RELATIONS}), frozenset({Role.FINANCE})

PANELS = (
    Panel(
        name="reminders",
        place=5,
        title=lazy_text("Reminders"),
        empty=lazy_text("There is nothing to come back to today."),
        roles=_RELATIONS,
        permission=Permission.EDIT_CONTACTS,
        read=partial(reminders, _READ),
    ),
    Panel(
        name="new_gifts",
        place=10,
        title=lazy_text("New gifts"),
        empty=lazy_text("No gift has come in yet."),
        roles=frozenset({Role.RELATIONS, Role.AUDITOR}),
        permission=Permission.SEE_GIFTS,
        read=partial(new_gifts, _READ),
        endpoint="desk.gifts",
    ),
    Panel(
        name="duplicates",
        place=20,
        title=lazy_text("Duplicates to judge"),
        empty=lazy_text("No two contacts look alike."),
        roles=_RELATIONS,
        permission=Permission.MERGE_CONTACTS,
        read=partial(pairs_to_judge, _READ),
        endpoint="duplicates.queue",
    ),
    Panel(
        name="lost_mailboxes",
        place=30,
        title=lazy_text("E-mail that comes back"),
        empty=lazy_text("All mail arrives."),
        roles=_RELATIONS,
        permission=Permission.EDIT_CONTACTS,
        read=partial(lost_mailboxes, most=_READ),
        endpoint="desk.contacts",
        values={"mail": "onbestelbaar"},
    ),
    Panel(
        name="mistyped_addresses",
        place=32,
        title=lazy_text("E-mail addresses that look mistyped"),
        empty=lazy_text("No new address looks mistyped."),
        roles=_RELATIONS,
        permission=Permission.EDIT_CONTACTS,
        read=partial(mistyped_addresses, _READ),
    ),
    Panel(
        name="typed_addresses",
        place=35,
        title=lazy_text("Addresses to judge"),
        empty=lazy_text("Nobody gave another address than we know."),
        roles=_RELATIONS,
        permission=Permission.EDIT_CONTACTS,
        read=partial(addresses_with_names, _READ),
        endpoint="desk.addresses",
    ),
    Panel(
        name="new_contacts",
        place=40,
        title=lazy_text("New contacts"),
        empty=lazy_text("Nobody is known yet."),
        roles=_RELATIONS,
        permission=Permission.SEE_CONTACTS,
        read=partial(listed_contacts, ListFilter(), order=Order.SINCE, descending=True, limit=_READ),
        endpoint="desk.contacts",
        values={"sorteer": "-sinds"},
    ),
    Panel(
        name="refunds",
        place=45,
        title=lazy_text("Refunds to look at"),
        empty=lazy_text("No refund waits for anybody."),
        roles=_FINANCE,
        permission=Permission.REFUND_GIFTS,
        read=partial(waiting_refunds, _READ),
        endpoint="desk.refunds",
    ),
    Panel(
        name="open_transfers",
        place=50,
        title=lazy_text("Transfers that were promised"),
        empty=lazy_text("Every promised transfer has come in."),
        roles=_FINANCE,
        permission=Permission.SEE_GIFTS,
        read=partial(open_transfers, most=_READ),
    ),
    Panel(
        name="double_payments",
        place=60,
        title=lazy_text("Paid twice"),
        empty=lazy_text("Nobody paid twice in the last month."),
        roles=_FINANCE,
        permission=Permission.SEE_GIFTS,
        read=partial(recent_double_payments, _READ),
    ),
    Panel(
        name="stuck",
        place=62,
        title=lazy_text("Cannot be booked"),
        empty=lazy_text("Everything that Mollie tells is booked."),
        roles=_FINANCE,
        permission=Permission.CORRECT_GIFTS,
        read=partial(stuck, most=_READ),
        endpoint="desk.stuck_payments",
    ),
    Panel(
        name="failed_mails",
        place=70,
        title=lazy_text("Mail that could not be delivered"),
        empty=lazy_text("All mail of the last month was delivered."),
        roles=frozenset({Role.FINANCE, Role.ADMINISTRATOR}),
        permission=Permission.SEE_JOBS,
        read=partial(failed_mails, _READ),
    ),
    Panel(
        name="staff",
        place=80,
        title=lazy_text("Colleagues who cannot work yet"),
        empty=lazy_text("Every colleague can sign in."),
        roles=frozenset({Role.ADMINISTRATOR}),
        permission=Permission.MANAGE_USERS,
        read=partial(waiting_colleagues, _READ),
        endpoint="accounts.all_users",
    ),
    Panel(
        name="trail",
        place=110,
        title=lazy_text("Done lately"),
        empty=lazy_text("Nothing was done yet."),
        roles=frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
        permission=Permission.SEE_AUDIT,
        read=partial(trail, TrailFilter(), most=_READ),
        endpoint="accounts.audit_trail",
    ),
)

in_menu(blueprint, MenuItem(group=Group.TODAY, place=0, label=lazy_text("Today"), endpoint="desk.front"))


@blueprint.get("/")
@requires_staff
def front() -> str:
    """What needs doing today."""
    user = current_user()
    return render_template(
        "desk/front.html",
        panels=panels_for(user),
        programmes=programme_names(current_language()),
        refund_states=REFUND_STATES,
        why_stuck=why_stuck,
    )
