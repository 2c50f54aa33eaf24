"""How a list of gifts of earlier years is spoken of."""

from __future__ import annotations

from fundraising.gifts.forms.words import METHODS as CALLED
from fundraising.gifts.rules.history import METHODS
from fundraising.imports.forms import ChoiceField, Words
from fundraising.programmes.queries import programme_names
from fundraising.web.locale import current_language
from fundraising.web.locale import lazy_text as _

HISTORY_WORDS = Words(
    columns={
        "date": _("Date received"),
        "amount": _("Amount"),
        "programme": _("Programme"),
        "method": _("Paid by"),
        "number": _("Our contact number"),
        "name": _("Name of the donor"),
        "email": _("E-mail address"),
        "iban": _("IBAN"),
    },
    reasons={
        "needed": _("%(column)s: is missing"),
        "not_a_date": _("%(column)s: “%(value)s” is not a date with a year of four digits"),
        "not_an_amount": _("%(column)s: “%(value)s” is not an unambiguous amount of euros"),
        "not_positive": _("%(column)s: “%(value)s” is not more than nothing; what went back is booked as a correction"),
        "still_to_come": _("%(column)s: %(value)s is still to come"),
        "closed_year": _("%(column)s: the financial year %(value)s is closed"),
        "nobody_found": _("there is no contact with this number, e-mail address, IBAN or name"),
        "points_apart": _("what the row tells points to different contacts: %(value)s"),
        "several_found": _("several contacts fit: %(value)s; tell their number"),
        "nobody_told": _("the row does not tell whose gift it was; it is booked without a contact"),
        "booked_before": _("such a gift is in the ledger already; it is not booked again"),
        "called_otherwise": _(
            "the contact is called otherwise than “%(value)s”; please look whether it is the right one"
        ),
        "near_another": _(
            "looks like a gift that did not come from a list: %(value)s; please look whether it is that one"
        ),
    },
    problems={
        "needs_column": _("One column has to be “%(meaning)s”."),
        "needs_programme": _("Choose the column with the programme, or one programme for all rows."),
    },
    doubt=_("worth a look"),
)


def _programmes() -> list[tuple[str, str]]:
    nothing = [("", str(_("– as the column says –")))]
    return nothing + [(each.code, each.name) for each in programme_names(current_language()).values()]


HISTORY_CHOICES = (
    ChoiceField("programme", _("Programme"), _("For rows in which no column tells it."), _programmes),
    ChoiceField(
        "method",
        _("Paid by"),
        _("For rows in which no column tells it."),
        lambda: [(code, str(CALLED[code])) for code in METHODS],
    ),
)
