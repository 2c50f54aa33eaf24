"""Forms of staff pages: each carries the session's token against forged requests."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm


class StaffForm(FlaskForm):
    """A form at the desk. Filled from the request where it posts, else from what is given."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401  whatever its fields hold
        super().__init__(**given)  # type: ignore[no-untyped-call]

    def accepted(self) -> bool:
        """Whether the form was sent and nothing is wrong with it."""
        return bool(self.validate_on_submit())  # type: ignore[no-untyped-call]

    def validate(self, *extra: Any, **named: Any) -> bool:  # noqa: ANN401  WTForms'
        """Whether each field is well. A NUL is in none: PostgreSQL neither keeps nor looks for text that has one."""
        good = bool(super().validate(*extra, **named))
        for field in self:
            if isinstance(field.data, str) and "\0" in field.data and not field.errors:
                field.errors = [_("This contains characters that we cannot use. Please type it again.")]
                good = False
        return good
