"""What the giving pages keep in memory for some seconds, so that opening one asks the database nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import abort, current_app

from fundraising.giving.forms.give import Limits, Offer
from fundraising.giving.queries import offered_methods
from fundraising.programmes.queries import ProgrammeView, programmes
from fundraising.web.locale import ENGLISH, language_of_address
from fundraising.web.pages import ForAWhile
from fundraising.web.tokens import Tokens

if TYPE_CHECKING:
    from flask import Flask

    from fundraising.giving.rules import Method

_EXTENSION = "giving"


class Kept:
    """What one process remembers of programmes and methods, and what it signs with."""

    def __init__(self, secret_key: str) -> None:
        self.programmes: ForAWhile[str, list[ProgrammeView]] = ForAWhile()
        self.methods: ForAWhile[str, list[Method]] = ForAWhile()
        self.form_tokens = Tokens(secret_key, "giving-form")
        self.address_tokens = Tokens(secret_key, "postal-address")

    @classmethod
    def init(cls, app: Flask) -> None:
        """Begin with nothing."""
        app.extensions[_EXTENSION] = cls(str(app.config["SECRET_KEY"]))


def kept() -> Kept:
    """What the running application keeps."""
    return cast("Kept", current_app.extensions[_EXTENSION])


def all_programmes() -> list[ProgrammeView]:
    """The programmes in the language of this request."""
    language = language_of_address()
    return kept().programmes.get(language, lambda: programmes(language))


def programme_or_404(code: str) -> ProgrammeView:
    """The programme with this code."""
    return next((view for view in all_programmes() if view.code == code), None) or abort(404)


def programme_of(programme_id: int) -> ProgrammeView:
    """A programme in the language of this request."""
    return next(view for view in all_programmes() if view.id == programme_id)


def programme_name(programme_id: int) -> str:
    """What it is called."""
    return programme_of(programme_id).name


def offer_of(view: ProgrammeView) -> Offer:
    """What the page of a programme offers."""
    config = current_app.config
    organisation = config["ORGANISATION"]
    return Offer(
        options=view.options,
        methods=kept().methods.get("all", offered_methods),
        limits=Limits(
            config["MINIMUM_GIFT"],
            config["MAXIMUM_GIFT"],
            organisation.contact_name,
            # A number that breaks over two lines is read and dialled in two.
            organisation.contact_phone.replace(" ", "\u00a0"),
        ),
        english=view.language == ENGLISH,
    )
