"""Whatever is doubled, reordered, late, lost or broken off on the way: the ledger becomes what the provider did."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from fundraising.db import session
from fundraising.giving.checks import findings
from fundraising.giving.jobs import sweep
from tests.reliability.rewinding import rewinder
from tests.reliability.stage import (
    ApplyLate,
    ChargeBack,
    ComeBack,
    CorrectProgramme,
    Fault,
    Give,
    Housekeeping,
    Look,
    MoveRefund,
    Pay,
    Refund,
    ReverseChargeback,
    Stage,
    Sweep,
    TryAgain,
    Wait,
    Webhook,
    Work,
)
from tests.reliability.truth import assert_converged, booked_lines, count_of_thanks, paid_payments, received, thanked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.reliability.stage import Act

# How many plays; more are made up anew, and found failures kept, where somebody goes looking for trouble.
LOOKING = int(os.environ.get("RELIABILITY_EXAMPLES", "0"))
profile = settings(
    max_examples=LOOKING or 40,
    derandomize=not LOOKING,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

FEW = st.integers(0, 5)
QUARTERS = st.integers(1, 4)
FAULTS = st.sampled_from(
    [
        *(None,) * 8,
        Fault("drop_after"),
        Fault("drop_before"),
        Fault("status", 429),
        Fault("status", 500, times=100),
        Fault("status", 503, times=100, path="/v2/payments/tr_"),
        Fault("status", 500, times=100, path="/v2/chargebacks"),
    ]
)
OUTCOMES = st.sampled_from(["paid", "paid", "paid", "pending", "failed", "canceled", "expired"])
METHODS = st.sampled_from([None, None, "ideal", "creditcard"])
# Minutes within a sitting, the hour that an idempotency key is remembered, days until a refund, weeks.
TIMES = st.sampled_from([1, 2, 5, 16, 31, 62, 250, 1500, 4 * 1440, 20 * 1440])
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
# The last of them are an hour before the year ends in Amsterdam, and the night in which a clock hour is left out.
STARTS = st.sampled_from(
    [
        NOON,
        datetime(2026, 12, 31, 22, 0, tzinfo=UTC),
        datetime(2027, 3, 28, 0, 50, tzinfo=UTC),
    ]
)

STATES_OF_REFUND = st.sampled_from(["pending", "processing", "refunded", "failed", "failed", "canceled"])
ARRIVALS = st.lists(
    st.one_of(
        st.builds(Give, FEW, FAULTS),
        st.builds(Pay, FEW),
        st.builds(Pay, FEW, OUTCOMES, METHODS),
        st.builds(Look, FEW),
        st.builds(ComeBack, FEW),
    ),
    min_size=3,
    max_size=9,
)
ACTS = st.one_of(
    st.builds(Give, FEW, FAULTS, st.booleans()),
    st.builds(TryAgain, FEW, FAULTS),
    st.builds(ComeBack, FEW, FAULTS),
    st.builds(Pay, FEW, OUTCOMES, METHODS),
    st.builds(Pay, FEW),
    st.builds(Pay, FEW),
    st.builds(Refund, FEW, QUARTERS, st.sampled_from(["queued", "pending", "processing", "refunded"])),
    st.builds(MoveRefund, FEW, STATES_OF_REFUND),
    st.builds(MoveRefund, FEW, STATES_OF_REFUND),
    st.builds(ChargeBack, FEW, QUARTERS),
    st.builds(ReverseChargeback, FEW),
    st.builds(Wait, TIMES),
    st.builds(Webhook, st.integers(0, Webhook.UNKNOWN), st.integers(1, 3)),
    st.builds(Work, FAULTS),
    st.builds(Sweep, FAULTS),
    st.builds(Look, FEW),
    st.builds(ApplyLate, FEW, st.sampled_from([False, False, True])),
    st.builds(CorrectProgramme, FEW),
    st.builds(Housekeeping),
)
PLAYS = st.tuples(st.builds(Give, FEW), ARRIVALS, st.lists(ACTS, min_size=10, max_size=40)).map(
    lambda parts: [parts[0], *parts[1], *parts[2]]
)


@pytest.fixture
def theatre(house, mollie, database_url) -> Callable[..., object]:
    """`with theatre(start) as stage: …`: each time an empty ledger and a provider that remembers nothing."""
    rewind = rewinder(house, database_url)

    @contextmanager
    def opened(start: datetime) -> Iterator[Stage]:
        mollie.world.store.clear()
        try:
            with house.app_context(), Stage(mollie).playing(start) as stage:
                yield stage
        finally:
            rewind()

    return opened


def settle(stage: Stage) -> None:
    """Let two weeks go by, in which the provider answers well, and look; another look then finds nothing new."""
    for time in (timedelta(days=15), timedelta(hours=5)):
        stage.wait(time)
        done = sweep(stage.door)
        assert done.failed == 0
    before = booked_lines()
    stage.wait(timedelta(hours=5))
    sweep(stage.door)
    assert booked_lines() == before


def assert_nothing_too_early(stage: Stage) -> None:
    """At every moment: nothing stands that was not paid, and what stands is thanked once."""
    booked = received()
    assert len(booked) == count_of_thanks()
    assert set(booked) <= paid_payments(stage.world).keys()
    session().rollback()


# Plays that once went wrong.
THE_METHOD_CHANGED_AT_THE_CHECKOUT = [Give(0), Look(0), Pay(0, method="creditcard"), ComeBack(0), ApplyLate(0)]

CHARGED_BACK_REVERSED_AND_CHARGED_BACK = [
    *(Give(0), Pay(0), ComeBack(0)),
    *(ChargeBack(0, 4), Webhook(0), Work(), ReverseChargeback(0), ChargeBack(0, 4), ReverseChargeback(0)),
    *(ChargeBack(0, 4), ReverseChargeback(0), ChargeBack(0, 4)),
]
REFUNDED_AGAIN_AFTER_IT_FAILED = [
    *(Give(0), Pay(0), Refund(0, 4, "refunded"), ComeBack(0), MoveRefund(0, "failed")),
    *(Refund(0, 4, "refunded"), MoveRefund(0, "failed"), Refund(0, 4, "refunded")),
    *(MoveRefund(0, "failed"), Refund(0, 4, "refunded"), Webhook(0), Work()),
]

MADE_LONG_AGO_UNHEARD_AND_TRIED_AGAIN = [
    *(Give(0, Fault("drop_after")), Wait(250), Sweep(Fault("status", 500, times=100)), Give(0)),
    *(Webhook(0), Webhook(1), Work(), TryAgain(0), Pay(0)),
]


@profile
@example(start=NOON, play=MADE_LONG_AGO_UNHEARD_AND_TRIED_AGAIN)
@example(start=NOON, play=CHARGED_BACK_REVERSED_AND_CHARGED_BACK)
@example(start=NOON, play=REFUNDED_AGAIN_AFTER_IT_FAILED)
@example(start=NOON, play=THE_METHOD_CHANGED_AT_THE_CHECKOUT)
@given(start=STARTS, play=PLAYS)
def test_any_play_ends_in_the_ledger_that_the_provider_made(theatre, start, play):
    with theatre(start) as stage:
        for act in play:
            act.on(stage)
            assert_nothing_too_early(stage)
        settle(stage)
        assert_converged(stage.world)
        assert list(findings()) == []
        tell(stage)


HISTORIES = st.lists(
    st.one_of(
        st.builds(Pay, FEW),
        st.builds(Pay, FEW, OUTCOMES, METHODS),
        st.builds(Refund, FEW, QUARTERS, st.sampled_from(["queued", "pending", "processing", "refunded"])),
        st.builds(MoveRefund, FEW, STATES_OF_REFUND),
        st.builds(ChargeBack, FEW, QUARTERS),
        st.builds(ReverseChargeback, FEW),
        st.builds(Wait, TIMES),
    ),
    min_size=5,
    max_size=20,
)
HEARING = st.one_of(
    st.builds(Webhook, FEW, st.integers(1, 3)),
    st.builds(Work, FAULTS),
    st.builds(Sweep, FAULTS),
    st.builds(ComeBack, FEW, FAULTS),
    st.builds(Look, FEW),
    st.builds(ApplyLate, FEW, st.booleans()),
)
LISTENERS = st.lists(st.tuples(st.integers(0, 20), HEARING), max_size=20)


@settings(profile, max_examples=profile.max_examples // 3 or 1)
@given(start=STARTS, history=HISTORIES, listeners=st.tuples(LISTENERS, LISTENERS))
def test_whoever_listens_and_when_the_same_history_is_booked_the_same(theatre, start, history, listeners):
    books = []
    for listener in listeners:
        with theatre(start) as stage:
            for form in range(3):
                Give(form).on(stage)
            for act in interleaved(history, listener):
                act.on(stage)
            settle(stage)
            assert_converged(stage.world)
            books.append((booked_lines(), thanked()))
    assert books[0] == books[1]


def interleaved(history: list[Act], listener: list[tuple[int, Act]]) -> list[Act]:
    """The history with what a listener does at some of its moments in between."""
    heard = [act for at, act in listener if at >= len(history)]
    return [
        each
        for moment, happening in enumerate(history)
        for each in (happening, *(act for at, act in listener if at == moment))
    ] + heard


def tell(stage: Stage) -> None:
    """What the play came to, for --hypothesis-show-statistics."""
    kinds = {line.kind for line in booked_lines()}
    event(f"payments paid: {min(len(paid_payments(stage.world)), 4)}")
    for kind in sorted(kinds):
        event(f"ledger has {kind}")
