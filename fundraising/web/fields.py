"""Reading typed text: what is cleaned without a word, what is refused with one.

Cleaned: the order of combining characters, stray spaces, and characters that only change how text looks (direction
marks, zero-width ones, soft hyphens), by which a name can be made to read as another. Refused: control characters and
characters that stand for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import ngettext
from rapidfuzz.distance import OSA
from wtforms import StringField
from wtforms.fields import choices as wtforms_choices
from wtforms.validators import StopValidation, ValidationError

from fundraising import iban
from fundraising.iban import IbanFault, InvalidIban
from fundraising.marks import without_heaps
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from wtforms import Field, Form

_INVISIBLE = {"Cf"}
_UNUSABLE = {"Cc", "Co", "Cn", "Cs"}
_IN_NO_NAME = re.compile(r"[<>{}\[\]|\\@]|://|www\.", re.IGNORECASE)
_MAIL_DOMAINS = (
    "gmail.com",
    "hotmail.com",
    "hotmail.nl",
    "outlook.com",
    "live.nl",
    "icloud.com",
    "yahoo.com",
    "ziggo.nl",
    "kpnmail.nl",
    "planet.nl",
    "xs4all.nl",
    "home.nl",
    "solcon.nl",
    "filternet.nl",
)


def choice(value: str, label: str) -> Any:  # noqa: ANN401  the stubs of WTForms do not know its new class yet
    """One choice of a field."""
    return wtforms_choices.SelectChoice(value, label)  # type: ignore[attr-defined]


def clean_line(text: str | None) -> str:
    """One line: composed, without invisible characters, with single spaces between words."""
    return " ".join(_visible(text or "").split())


def clean_text(text: str | None) -> str:
    """Several lines: each as typed but for invisible characters and trailing spaces."""
    lines = _visible(text or "").replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def clean_source(text: str | None) -> str:
    """A source code from a giving link: any printable text, at most 64 characters; it can do no harm and is kept."""
    return clean_line("".join(c if c.isprintable() else " " for c in clean_line(text)))[:64].strip()


class Usable:
    """Refuses control characters and characters without a meaning; a line break only where lines are wanted."""

    def __init__(self, *, lines: bool = False) -> None:
        self._allowed = "\n" if lines else ""

    def __call__(self, _form: Form, field: Field) -> None:
        """Raise StopValidation, so that nothing further looks at such text."""
        if any(c not in self._allowed and unicodedata.category(c) in _UNUSABLE for c in field.data or ""):
            raise StopValidation(_("This contains characters that we cannot use. Please type it again."))


class AtMost:
    """Refuses text that is longer than a number of characters."""

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def __call__(self, _form: Form, field: Field) -> None:
        """Raise StopValidation with both numbers in it."""
        length = len(field.data or "")
        if length > self.longest:
            message = _("This is %(length)d characters long; at most %(longest)d fit here.")
            raise StopValidation(message % {"length": length, "longest": self.longest})


class Needed:
    """Refuses an empty field, with words of its own."""

    def __init__(self, message: str) -> None:
        self._message = message

    def __call__(self, _form: Form, field: Field) -> None:
        """Raise StopValidation where nothing was filled in."""
        if not field.data:
            field.errors = []
            raise StopValidation(self._message)


class MayBeEmpty:
    """Ends validation of a field that was left empty."""

    def __call__(self, _form: Form, field: Field) -> None:
        """Raise StopValidation without an error."""
        if not field.data:
            field.errors = []
            raise StopValidation


def line(
    label: str, longest: int, *checks: Callable[[Form, Field], None], needed: str = "", description: str = ""
) -> StringField:
    """A field of one line of usable text; `needed` is said where it is left empty, and without it it may be."""
    validators = [Needed(needed) if needed else MayBeEmpty(), Usable(), AtMost(longest), *checks]
    return StringField(label, filters=[clean_line], validators=validators, description=description)


def a_name(_form: Form, field: Field) -> None:
    """Refuse what is no name: markup, an address of a website, nothing but signs."""
    text = field.data or ""
    if _IN_NO_NAME.search(text) or not any(c.isalpha() for c in text):
        raise ValidationError(_("“%(name)s” does not look like a name. Would you check it?") % {"name": text})


def an_email(_form: Form, field: Field) -> None:
    """Check the form of an e-mail address and bring it into the one that mail servers use; nobody is asked for it."""
    try:
        checked = validate_email(field.data or "", check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as wrong:
        raise ValidationError(_("This is not a complete e-mail address, such as name@example.nl.")) from wrong
    field.data = checked.ascii_email


def better_email(address: str) -> str:
    """The address that was probably meant (`anna@gmail.com` for `anna@gmial.com`), or an empty text. Only a hint."""
    mailbox, _at, domain = address.rpartition("@")
    if not mailbox or domain.lower() in _MAIL_DOMAINS:
        return ""
    near = [known for known in _MAIL_DOMAINS if OSA.distance(domain.lower(), known, score_cutoff=1) == 1]
    return f"{mailbox}@{near[0]}" if near else ""


def a_phone(_form: Form, field: Field) -> None:
    """Check a telephone number, Dutch unless it begins with +, and write it in E.164."""
    try:
        number = phonenumbers.parse(field.data or "", "NL")
    except phonenumbers.NumberParseException as wrong:
        raise ValidationError(_no_phone()) from wrong
    if not phonenumbers.is_valid_number(number):
        raise ValidationError(_no_phone())
    field.data = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def an_iban(_form: Form, field: Field) -> None:
    """Check an IBAN and write it without spaces. A bank that is not known is no error."""
    try:
        field.data = iban.check(field.data or "").compact
    except InvalidIban as wrong:
        raise ValidationError(iban_fault(wrong)) from wrong


def iban_fault(wrong: InvalidIban) -> str:
    """What is wrong with an IBAN, in words that help to mend it."""
    if wrong.fault is IbanFault.TOO_SHORT:
        return str(
            ngettext(
                "This IBAN is missing %(num)d character.", "This IBAN is missing %(num)d characters.", wrong.missing
            )
        )
    if wrong.fault is IbanFault.TOO_LONG:
        return str(
            ngettext(
                "This IBAN has %(num)d character too many.",
                "This IBAN has %(num)d characters too many.",
                wrong.missing,
            )
        )
    return str(_IBAN_FAULTS[wrong.fault])


def only(condition: Callable[[Form], bool], *checks: Callable[[Form, Field], None]) -> Callable[[Form, Field], None]:
    """Checks that count only while something else is filled in so; otherwise the field is emptied."""

    def check(form: Form, field: Field) -> None:
        if not condition(form):
            field.data = ""
            return
        for each in checks:
            each(form, field)

    return check


def _no_phone() -> str:
    return _("This is not a phone number that we can call. An example: 06 12345678 or +32 2 555 12 12.")


def _visible(text: str) -> str:
    composed = unicodedata.normalize("NFC", without_heaps(text))
    return "".join(c for c in composed if unicodedata.category(c) not in _INVISIBLE)


_IBAN_FAULTS = {
    IbanFault.CHARACTERS: _("An IBAN has letters and digits only, such as NL91 ABNA 0417 1643 00."),
    IbanFault.COUNTRY: _("An IBAN begins with the two letters of a country, such as NL."),
    IbanFault.NOT_SEPA: _("This country does not take part in euro transfers (SEPA)."),
    IbanFault.FORMAT: _(
        "The letters and digits in this IBAN are not where they should be. Please compare it with your card."
    ),
    IbanFault.CHECK_DIGITS: _("The check digits of this IBAN are not right. There may be a typing mistake in it."),
}
