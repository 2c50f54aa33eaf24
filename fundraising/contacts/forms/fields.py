"""Fields of forms about contacts: days as the Dutch write them, choices, and whom something is about."""

from __future__ import annotations

import re
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from babel import Locale
from flask_babel import gettext
from wtforms import Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.widgets import TextInput

from fundraising.contacts.queries import display_names
from fundraising.contacts.queries.search import found_contacts
from fundraising.contacts.rules.words import TermKind
from fundraising.iban import formatted
from fundraising.web.fields import AtMost, Needed, Usable, choice, clean_line, clean_text
from fundraising.web.forms import StaffForm
from fundraising.web.lists import number_in
from fundraising.web.locale import current_language
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtforms.form import BaseForm

    from fundraising.contacts.queries.search import FoundContact
    from fundraising.contacts.rules import ContactKind

_DAY = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MOST_FOUND = 50
_MOST_OFFERED = 8
# From where most post comes.
_NEAR = ("NL", "BE", "DE")


class DayField(Field):
    """A day, typed as `14-3-2026` or `2026-03-14`; what cannot be read stays as it was typed."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return written_day(self.data)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read what was typed. Raises ValueError for no day that exists."""
        typed = clean_line(str(valuelist[0])) if valuelist else ""
        self.data = None
        if not typed:
            return
        try:
            self.data = _read_day(typed)
        except ValueError as wrong:
            raise ValueError(_("This is not a day in the calendar. Write it as 14-3-2026.")) from wrong


def written_day(day: date | None) -> str:
    """A day as it is typed: `14-3-2026`."""
    return f"{day.day}-{day.month}-{day.year}" if day is not None else ""


def _read_day(typed: str) -> date:
    if match := _DAY.fullmatch(typed):
        return date(int(match[3]), int(match[2]), int(match[1]))
    if match := _ISO_DAY.fullmatch(typed):
        return date(int(match[1]), int(match[2]), int(match[3]))
    raise ValueError(typed)


def text(label: str, longest: int, *, needed: str) -> TextAreaField:
    """A field of several lines."""
    checks = [Needed(needed), Usable(lines=True), AtMost(longest)]
    return TextAreaField(label, filters=[clean_text], validators=checks)


class ChoiceField(SelectField):
    """One of several; with `unasked`, the value where the page did not show it."""

    def __init__(self, label: str, *, choices: list[Any], unasked: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(label, choices=choices, **kwargs)
        self._unasked = unasked

    def pre_validate(self, form: BaseForm) -> None:
        """Refuse what is not offered. Raises ValidationError."""
        if self._unasked is not None and not self.raw_data:
            self.data = self._unasked
            return
        super().pre_validate(form)


def select(label: str, offered: list[Any], *, unasked: str | None = None) -> ChoiceField:
    """A field of choices, of which an empty one means nothing."""
    return ChoiceField(label, choices=offered, unasked=unasked)


def countries() -> list[Any]:
    """All countries in the language of this request, the Netherlands first."""
    names = {str(code): str(name) for code, name in Locale(current_language()).territories.items()}
    far = (code for code in names if re.fullmatch(r"[A-Z]{2}", code) and code not in _NEAR)
    return [choice(code, names[code]) for code in (*_NEAR, *sorted(far, key=names.__getitem__))]


class PickForm(StaffForm):
    """A form that is about another contact too: what is typed of it, and then a choice among whom that may be."""

    who = StringField(
        _("Name, number or e-mail address"),
        description=_("A part of the name is enough; then you choose."),
        filters=[clean_line],
        validators=[AtMost(200)],
    )
    chosen = RadioField(_("Whom do you mean?"), choices=[], validate_choice=False)

    def picked(self, kind: ContactKind | None = None, *, but: Sequence[int] = ()) -> int | None:
        """The contact that was meant, of this kind; None where that is not clear, and then the form says what to do."""
        typed = self.who.data or ""
        if (number := number_in(typed)) is not None and display_names([number]):
            return number
        offered = _offered(typed, kind, but)
        if self.chosen.data in offered:
            return int(self.chosen.data)
        self.chosen.choices = [choice(number, label) for number, label in offered.items()]
        self.chosen.data = next(iter(offered)) if len(offered) == 1 else None
        self.say(self.chosen if offered else self.who, _choose(bool(offered), bool(typed)))
        return None

    def say(self, field: Field, message: str) -> None:
        """Tell something at a field."""
        field.errors = [*field.errors, message]


def _offered(typed: str, kind: ContactKind | None, but: Sequence[int]) -> dict[str, str]:
    """Who may be meant, by number. More are looked for than are offered: the first may all be of another kind."""
    found = found_contacts(typed, limit=_MOST_FOUND) if typed else []
    fitting = (each for each in found if kind in {None, each.kind} and each.contact_id not in but)
    return {str(each.contact_id): _label(each) for each in islice(fitting, _MOST_OFFERED)}


def _label(found: FoundContact) -> str:
    was = gettext("formerly %(name)s", name=found.merged_name) if found.merged_name else ""
    by = formatted(found.by) if found.by_kind is TermKind.IBAN else found.by
    told = ", ".join(filter(None, (found.name or gettext("Without a name"), found.town, was, by)))
    return f"{told} ({found.contact_id})"


def _choose(found: bool, typed: bool) -> str:  # noqa: FBT001  two facts, not two switches
    if found:
        return _("Choose whom you mean, or type more of the name.")
    if typed:
        return _("Nobody was found. Try a part of the name, or the number on the page of the contact.")
    return _("Please fill in a name, a number or an e-mail address.")
