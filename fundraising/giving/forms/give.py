"""The giving form: from an amount to a donor, in one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wtforms import BooleanField, Form, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from fundraising.contacts.rules import PersonName, Salutation
from fundraising.giving.rules import Donor, DonorKind, Route, Submission
from fundraising.giving.rules.methods import english_name
from fundraising.money import Euro, NotAnAmount
from fundraising.web.fields import (
    AtMost,
    MayBeEmpty,
    Needed,
    Usable,
    a_name,
    a_phone,
    an_email,
    an_iban,
    better_email,
    choice,
    clean_line,
    clean_source,
    clean_text,
    line,
    only,
)
from fundraising.web.locale import lazy_text as _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from werkzeug.datastructures import MultiDict
    from wtforms import Field

    from fundraising.giving.rules import Method
    from fundraising.programmes.queries import OptionView

OTHER = "other"
CHOOSE_LATER = "choose"
TRANSFER = "transfer"
# Mollie's own transfer would stand beside ours and ask the same of the donor, at a cost.
_NOT_OFFERED = frozenset({"banktransfer"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the most that the form takes, and whom to call for more."""

    least: Euro
    most: Euro
    contact_name: str
    contact_phone: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a giving page offers: amounts and payment methods."""

    options: Sequence[OptionView]
    methods: Sequence[Method]
    limits: Limits
    english: bool

    @property
    def shown_methods(self) -> list[Method]:
        """The account's methods that stand in the form."""
        return [method for method in self.methods if method.code not in _NOT_OFFERED]

    def name_of(self, method: Method) -> str:
        """What a method is called on this page; Mollie's names are those for a Dutch account."""
        return english_name(method) if self.english else method.description


def _for_organisation(form: Form) -> bool:
    return str(form["kind"].data) != DonorKind.PERSON


def _other_amount(form: Form) -> bool:
    return str(form["amount"].data) == OTHER


class GiveForm(Form):
    """What a donor fills in. After `validate()`, `submission()` gives it as the services take it."""

    class Meta:
        """All messages are ours: WTForms need not look for translations."""

        locales = False

    amount = RadioField(_("Amount"), validators=[Needed(_("Please choose an amount."))], validate_choice=False)
    other_amount = StringField(_("Another amount"), filters=[clean_line])
    kind = SelectField(
        _("I give"),
        default=DonorKind.PERSON.value,
        choices=[
            choice(DonorKind.PERSON.value, _("as a person")),
            choice(DonorKind.CHURCH.value, _("on behalf of a church")),
            choice(DonorKind.DIACONIE.value, _("on behalf of a diaconie")),
            choice(DonorKind.SCHOOL.value, _("on behalf of a school")),
            choice(DonorKind.COMPANY.value, _("on behalf of a company")),
        ],
        validate_choice=False,
    )
    organisation_name = StringField(
        _("Name of the church, diaconie, school or company"),
        filters=[clean_line],
        validators=[
            only(
                _for_organisation,
                Needed(_("Please fill in on whose behalf you are giving.")),
                Usable(),
                AtMost(200),
                a_name,
            ),
        ],
    )
    salutation = SelectField(
        _("Salutation"),
        default=Salutation.UNKNOWN.value,
        choices=[
            choice(Salutation.MR.value, _("Mr")),
            choice(Salutation.MRS.value, _("Ms")),
            choice(Salutation.UNKNOWN.value, _("rather not say")),
        ],
        validate_choice=False,
    )
    given_name = line(_("Initials or first name"), 100, a_name, needed=_("Please fill in your initials or first name."))
    name_prefix = line(_("Prefix"), 40, a_name)
    surname = line(_("Surname"), 120, a_name, needed=_("Please fill in your surname."))
    email = line(
        _("E-mail address"),
        254,
        an_email,
        needed=_("Please fill in your e-mail address: we send the confirmation to it."),
    )
    phone = line(_("Telephone number"), 40, a_phone)
    iban = line(_("IBAN"), 60, an_iban)
    message = TextAreaField(
        _("Message"), filters=[clean_text], validators=[MayBeEmpty(), Usable(lines=True), AtMost(2000)]
    )
    newsletter = BooleanField(_("Send me the newsletter by e-mail"))
    method = RadioField(
        _("How would you like to pay?"),
        validators=[Needed(_("Please choose how you would like to pay."))],
        validate_choice=False,
    )
    # A field that people do not see, and that programs cannot resist.
    website = StringField(_("Leave this empty"))
    token = HiddenField()
    via = HiddenField(filters=[clean_source])

    def __init__(self, offer: Offer, formdata: MultiDict[str, str] | None = None, **data: Any) -> None:  # noqa: ANN401
        super().__init__(formdata, **data)
        self.offer = offer
        amounts = [choice(option.amount.value, self._written(option.amount)) for option in offer.options]
        self.amount.choices = [*amounts, choice(OTHER, _("Another amount"))]
        self.method.choices = [choice(value, label) for value, label in self.methods]
        self.euro: Euro | None = None

    def validate_amount(self, field: Field) -> None:
        """An amount of this page, or the other amount."""
        offered = {option.amount.value: option.amount for option in self.offer.options}
        if field.data == OTHER:
            return
        self.euro = offered.get(field.data)
        if self.euro is None:
            raise ValidationError(_("Please choose one of these amounts, or fill in another one."))

    def validate_other_amount(self, field: Field) -> None:
        """The other amount, where it is chosen. Beside another choice it is a riddle that only the donor can solve."""
        if not _other_amount(self):
            self._refuse_riddle(field)
            return
        if not field.data:
            raise ValidationError(_("Please fill in the amount that you would like to give."))
        self.euro = self._within_limits(_amount(field.data))

    def validate_kind(self, field: Field) -> None:
        """One of the kinds of donor."""
        if field.data not in set(DonorKind):
            raise ValidationError(_("Please choose one of these."))

    def validate_salutation(self, field: Field) -> None:
        """One of the salutations."""
        if field.data not in set(Salutation):
            raise ValidationError(_("Please choose one of these."))

    def validate_method(self, field: Field) -> None:
        """One of the methods on this page."""
        if field.data not in {value for value, _label in self.methods}:
            raise ValidationError(_("Please choose one of these ways to pay."))

    @property
    def methods(self) -> list[tuple[str, str]]:
        """The ways to pay: the code and the name of each."""
        online = [(method.code, self.offer.name_of(method)) for method in self.offer.shown_methods]
        later = _("Another way, to be chosen on the next page") if online else _("Online: iDEAL, card or another way")
        return [*online, (CHOOSE_LATER, later), (TRANSFER, _("I will transfer it myself"))]

    @property
    def first_method(self) -> str:
        """The way to pay that is chosen before the donor chooses."""
        return self.methods[0][0]

    @property
    def email_hint(self) -> str:
        """The address that was probably meant, where the domain looks mistyped."""
        return better_email(self.email.data or "")

    @property
    def is_trapped(self) -> bool:
        """Whether the field that people do not see was filled in."""
        return bool(self.website.data)

    def submission(self, *, nonce: str, programme_id: int, language: str) -> Submission:
        """What was filled in. Raises ValueError before a `validate()` that went well."""
        if self.euro is None or self.errors:
            raise ValueError("a form with faults is no submission")
        transfer = self.method.data == TRANSFER
        return Submission(
            form_nonce=nonce,
            programme_id=programme_id,
            amount=self.euro,
            route=Route.TRANSFER if transfer else Route.ONLINE,
            method="" if transfer else self._method_that_takes(self.euro),
            language=language,
            source_code=self.via.data or "",
            donor=self._donor(),
        )

    def _donor(self) -> Donor:
        return Donor(
            kind=DonorKind(self.kind.data),
            name=PersonName(
                Salutation(self.salutation.data),
                self.given_name.data or "",
                self.name_prefix.data or "",
                self.surname.data or "",
            ),
            email=self.email.data or "",
            organisation_name=self.organisation_name.data or "",
            phone=self.phone.data or "",
            iban=self.iban.data or "",
            message=self.message.data or "",
            newsletter=bool(self.newsletter.data),
        )

    def _method_that_takes(self, amount: Euro) -> str:
        """The chosen method; where it does not take this amount, none, and Mollie's own page offers those that do."""
        chosen = [method for method in self.offer.methods if method.code == self.method.data]
        return chosen[0].code if chosen and chosen[0].takes(amount) else ""

    def _refuse_riddle(self, field: Field) -> None:
        if not field.data:
            return
        chosen = self.euro
        if chosen is None or _amount(field.data) != chosen:
            raise ValidationError(
                _("You chose an amount and also filled in another one. Please choose “Another amount”, or clear this.")
            )

    def _within_limits(self, amount: Euro) -> Euro:
        limits = self.offer.limits
        if amount < limits.least:
            message = _("The smallest gift that we can take online is %(least)s.")
            raise ValidationError(message % {"least": self._written(limits.least)})
        if amount > limits.most:
            message = _("For a gift above %(most)s we would rather speak with you. Please call %(name)s: %(phone)s.")
            details: Mapping[str, str] = {
                "most": self._written(limits.most),
                "name": limits.contact_name,
                "phone": limits.contact_phone,
            }
            raise ValidationError(message % details)
        return amount

    def _written(self, amount: Euro) -> str:
        return amount.written(english=self.offer.english)


def _amount(text: str) -> Euro:
    if text.lstrip().startswith(("-", "−")):
        raise ValidationError(_("Please fill in an amount above zero."))
    try:
        return Euro.parse(text)
    except NotAnAmount as wrong:
        raise ValidationError(_("Please write the amount in digits, such as 75 or 1300 or 12.50.")) from wrong
