"""What the tests about staff share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from fundraising.db import db

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask


@pytest.fixture
def counted_queries(app: Flask) -> Callable[[Callable[[], object]], int]:
    """How many statements something sends to the database."""

    def count(deed: Callable[[], object]) -> int:
        with app.app_context():
            engine = db.engine
        sent = []
        listener = lambda *details: sent.append(details[2])  # noqa: E731  it is taken away again by its name
        event.listen(engine, "before_cursor_execute", listener)
        deed()
        event.remove(engine, "before_cursor_execute", listener)
        return len(sent)

    return count
