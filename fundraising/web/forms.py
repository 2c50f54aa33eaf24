"""Forms of staff pages: each carries the session's token against forged requests."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm


class StaffForm(FlaskForm):
    """A form at the desk. Filled from the request where it posts, else from what is given."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401  whatever its fields hold
        super().__init__(**given)  # type: ignore[no-untyped-call]

    def accepted(self) -> bool:
        """Whether the form was sent and nothing is wrong with it."""
        return bool(self.validate_on_submit())  # type: ignore[no-untyped-call]
