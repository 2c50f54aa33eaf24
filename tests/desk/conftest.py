"""What tests of the desk share."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from fundraising.db import db, transaction
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from flask import Flask


@pytest.fixture
def programmes(app: Flask) -> None:
    """The programmes as they ship, so that they have names."""
    with app.app_context(), transaction():
        load_programmes(read_folder(resource("programmes/data")))


@pytest.fixture
def queries(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """`with queries() as asked:` gathers what is asked of the database."""

    @contextmanager
    def gather() -> Iterator[list[str]]:
        asked: list[str] = []
        with app.app_context():
            engine = db.engine

        def note(_connection, _cursor, statement, *_rest):
            asked.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return gather
