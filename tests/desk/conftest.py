"""What tests of the desk share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundraising.db import transaction
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture
def programmes(app: Flask) -> None:
    """The programmes as they ship, so that they have names."""
    with app.app_context(), transaction():
        load_programmes(read_folder(resource("programmes/data")))
