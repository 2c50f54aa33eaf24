"""How tests call verbs of contacts: each in a transaction of its own, as a page does."""

import pytest

from fundraising.contacts.queries.record import record
from fundraising.contacts.rules.refusals import Reason, Refusal
from fundraising.db import transaction


def done(verb, *args, **kwargs):
    """What a verb gives back."""
    with transaction():
        return verb(*args, **kwargs)


def refused(verb, *args, **kwargs) -> Reason:
    """Why a verb refuses."""
    with pytest.raises(Refusal) as wrong:
        done(verb, *args, **kwargs)
    return wrong.value.reason


def version(number) -> int:
    """At which version a contact stands."""
    return record(number).version
