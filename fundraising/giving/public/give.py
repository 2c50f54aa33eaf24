"""The page of a programme with the giving form on it, and what happens when it is sent."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup, escape

from fundraising import iban as ibans
from fundraising.db import transaction
from fundraising.giving.forms.give import OTHER, GiveForm, Offer
from fundraising.giving.jobs import mollie_door
from fundraising.giving.public.blueprint import FILLING_IN, go_to, pages
from fundraising.giving.public.checkout import to_checkout
from fundraising.giving.public.kept import kept, offer_of, programme_or_404
from fundraising.giving.rules.velocity import Verdict
from fundraising.giving.services.abuse import judge_submission, note_submission
from fundraising.giving.services.donations import SubmittedDonation, submit_donation
from fundraising.logs import get_logger
from fundraising.money import Euro, NotAnAmount
from fundraising.web.fields import better_email, clean_source, iban_fault
from fundraising.web.limits import GIVING, LOOK_UPS, client_digest, limited
from fundraising.web.locale import carried
from fundraising.web.pages import SLOT, KeptPage, PageFacts, kept_page
from fundraising.web.tokens import BadToken, Token

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from werkzeug.wrappers import Response as AnyResponse

    from fundraising.giving.rules import Submission
    from fundraising.programmes.queries import ProgrammeView

# Nobody fills in a name and an e-mail address in less; browsers that fill in forms by themselves still need a person to
# press the button.
_LEAST_TIME = timedelta(seconds=2)
_FORM_LIFETIME = timedelta(hours=24)

_log = get_logger()


@pages.get("/steun/<code>")
def programme(code: str) -> Response | WSGIApplication:
    """A programme, and the form. `?via=` says where the donor came from, `?bedrag=` which amount to begin with."""
    hidden = _hidden(kept().form_tokens.issue(), clean_source(request.args.get("via")))
    return kept_page(request.path, lambda: _keep(programme_or_404(code))).with_filling(hidden)


@pages.post("/steun/<code>")
@limited(GIVING)
def give(code: str) -> AnyResponse:
    """Take a filled-in form: store the promise, and lead to the checkout or to the transfer."""
    view = programme_or_404(code)
    form = GiveForm(offer_of(view), request.form)
    if FILLING_IN in request.args:
        return _as_it_stands(view, form)
    if form.is_trapped:
        _log.info("giving.refused", why="trap")
        return _refused(view, HTTPStatus.BAD_REQUEST)
    well = form.validate()
    token = _token_of(form)
    if not well or token is None:
        return _again(view, form, token)
    return _accept(view, form.submission(nonce=token.value, programme_id=view.id, language=view.language))


@pages.post("/iban-controle")
@limited(LOOK_UPS)
def iban_hint() -> dict[str, str]:
    """What can be said of an IBAN while it is being typed: what is wrong, or whose bank it is and how it is written."""
    try:
        checked = ibans.check(request.form.get("iban", "")[:60])
    except ibans.InvalidIban as wrong:
        return {"message": iban_fault(wrong)}
    unknown = _("We do not know this bank, but the number can be right.")
    return {"message": checked.bank or unknown, "written": checked.formatted}


@pages.post("/e-mail-controle")
@limited(LOOK_UPS)
def email_hint() -> dict[str, str]:
    """Which address was probably meant, while it is being typed; thanks that go astray are missed by nobody but us."""
    meant = better_email(request.form.get("email", "")[:254])
    return {"message": _("Did you mean %(address)s?", address=meant) if meant else ""}


def _accept(view: ProgrammeView, submission: Submission) -> AnyResponse:
    submitted, verdict = _store(submission)
    if submitted is None:
        _log.warning("giving.refused", why=verdict.value)
        return _refused(view, HTTPStatus.TOO_MANY_REQUESTS)
    if submitted.payment_id is None:
        return go_to("giving.transfer", reference=submitted.reference, gemaild="ja" if submitted.mailed else None)
    return to_checkout(submitted.reference, submitted.payment_id, submission.language)


def _store(submission: Submission) -> tuple[SubmittedDonation | None, Verdict]:
    digest = client_digest()
    with transaction():
        verdict = judge_submission(digest, submission.amount)
        if verdict is not Verdict.ALLOWED:
            note_submission(digest, submission.amount, None)
            return None, verdict
        submitted = submit_donation(submission, mode=mollie_door().mode, address_digest=digest)
        # The same form sent twice is one attempt.
        if submitted.created:
            note_submission(digest, submission.amount, submitted.donation_id)
        return submitted, verdict


def _token_of(form: GiveForm) -> Token | None:
    """The form's token; where it cannot be used the form says what to do."""
    try:
        token = _read_token(form)
    except BadToken as bad:
        _log.info("giving.refused", why=bad.fault.value)
        form.form_errors.append(_("This page was open for too long. Please check what is filled in and send it again."))
        return None
    if token.age < _LEAST_TIME:
        _log.info("giving.refused", why="fast")
        form.form_errors.append(_("That went very fast. Please check what is filled in and send it again."))
        return None
    return token


def _read_token(form: GiveForm) -> Token:
    return kept().form_tokens.read(form.token.data or "", lifetime=_FORM_LIFETIME)


def _as_it_stands(view: ProgrammeView, form: GiveForm) -> Response:
    """The page with what was typed so far, in the language of this address; nothing is said of it yet."""
    try:
        _read_token(form)
    except BadToken:
        form.token.data = kept().form_tokens.issue()
    return make_response(_page(view, form, _hidden(form.token.data or "", form.via.data or "")))


def _again(view: ProgrammeView, form: GiveForm, token: Token | None) -> Response:
    """The page with what was typed. A good token stays: what is mended is still the same form."""
    value = form.token.data if token is not None and form.token.data else kept().form_tokens.issue()
    return make_response(_page(view, form, _hidden(value, form.via.data or "")), HTTPStatus.UNPROCESSABLE_ENTITY)


def _refused(view: ProgrammeView, status: int) -> Response:
    return make_response(render_template("giving/refused.html", programme=view), status)


def _page(view: ProgrammeView, form: GiveForm, hidden: str) -> str:
    return render_template("giving/programme.html", programme=view, form=form, hidden=hidden)


def _keep(view: ProgrammeView) -> KeptPage:
    tokens = kept().form_tokens
    facts = PageFacts(request.endpoint or "", view.language, fill=lambda: _hidden(tokens.issue(), ""))
    slot = Markup(SLOT)  # noqa: S704  a constant of ours
    return KeptPage(_page(view, _blank(view, carried().get("bedrag", "")), slot), facts)


def _blank(view: ProgrammeView, wanted: str) -> GiveForm:
    offer = offer_of(view)
    form = GiveForm(offer, None, **_beginning(offer, wanted))
    form.method.data = form.first_method
    return form


def _beginning(offer: Offer, wanted: str) -> dict[str, str]:
    """The amount to begin with: the wanted one where it can be given, else the first that is offered."""
    first = {"amount": offer.options[0].amount.value}
    try:
        amount = Euro.parse(clean_source(wanted))
    except NotAnAmount:
        return first
    if amount in {option.amount for option in offer.options}:
        return {"amount": amount.value}
    if not offer.limits.least <= amount <= offer.limits.most:
        return first
    # Not as an English page writes it elsewhere: a form cannot tell whether 2,750 is thousands or a few euros.
    typed = amount.value.removesuffix(".00") if offer.english else amount.written().lstrip("€\u00a0")
    return {"amount": OTHER, "other_amount": typed}


def _hidden(token: str, via: str) -> Markup:
    # Only `via` is from outside; a token is letters, digits, dots, dashes and underscores.
    fields = f'<input type="hidden" name="token" value="{token}"><input type="hidden" name="via" value="{escape(via)}">'
    return Markup(fields)  # noqa: S704  escaped just above
