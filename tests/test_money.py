"""Euro: read as people write it, exact to the cent, never mixed with bare numbers."""

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundraising.money import Euro, NotAnAmount

amounts = st.integers(-(10**13), 10**13).map(Euro)
positive = st.integers(0, 10**13).map(Euro)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1300", 130_000),
        ("1.300", 130_000),
        ("1.300,00", 130_000),
        ("1300,00", 130_000),
        ("1300.00", 130_000),
        ("€ 25", 2_500),
        ("€25,-", 2_500),
        ("EUR 25", 2_500),
        ("25 €", 2_500),
        ("€\u00a012,50", 1_250),
        (" 12,5 ", 1_250),
        ("12.5", 1_250),
        ("1.234.567,89", 123_456_789),
        ("0,01", 1),
        ("0", 0),
    ],
)
def test_amounts_as_people_write_them(text, cents):
    assert Euro.parse(text) == Euro(cents)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "€",
        "NaN",
        "inf",
        "-5",
        "+5",
        "1e3",
        "0x10",
        "1,300",  # 1300 to one reader, 1,30 to the next
        "1.30.0",
        "1.3000",
        "12.345,678",
        "1,2,3",
        "25,",
        ",50",
        "25,5,-",
        "twintig",
        "25 euro's",
        "$25",
        "٢٥",  # digits, but not ours
        "2５",
        "1" * 13,
        "9" * 10_000,
        "25\x00",
    ],
)
def test_anything_else_is_refused_and_never_becomes_nothing(text):
    with pytest.raises(NotAnAmount):
        Euro.parse(text)


@pytest.mark.parametrize(
    "text", ["10", "10.0", "10,00", "10.000", "1.000.00", "+10.00", " 10.00", "10.00\n", "", "NaN"]
)
def test_a_machine_writes_exactly_two_decimals(text):
    with pytest.raises(NotAnAmount):
        Euro.from_value(text)


@given(positive)
def test_what_is_written_in_dutch_is_read_back(amount):
    assert Euro.parse(amount.written()) == amount


@given(amounts)
def test_what_a_machine_writes_is_read_back(amount):
    assert Euro.from_value(amount.value) == amount
    assert amount.as_json() == {"amount": amount.value, "currency": "EUR"}


@given(st.text(max_size=20))
def test_no_text_breaks_the_reader(text):
    with suppress(NotAnAmount):
        assert Euro.parse(text) >= Euro(0)


@pytest.mark.parametrize(
    ("cents", "dutch", "english"),
    [
        (130_000, "€\u00a01.300", "€1,300"),
        (1_250, "€\u00a012,50", "€12.50"),
        (-500, "-€\u00a05", "-€5"),
        (123_456_789, "€\u00a01.234.567,89", "€1,234,567.89"),
        (5, "€\u00a00,05", "€0.05"),
        (0, "€\u00a00", "€0"),
    ],
)
def test_written_for_people(cents, dutch, english):
    assert str(Euro(cents)) == Euro(cents).written() == dutch
    assert Euro(cents).written(english=True) == english


weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@given(amounts, weights)
def test_parts_sum_exactly_and_lie_within_a_cent_of_their_share(amount, shares):
    parts = amount.split(shares)
    assert Euro.sum(parts) == amount
    for part, weight in zip(parts, shares, strict=True):
        assert abs(part.cents - Fraction(amount.cents * weight, sum(shares))) < 1


@given(amounts, weights)
def test_a_part_without_weight_gets_nothing(amount, shares):
    assert all(not part for part, weight in zip(amount.split(shares), shares, strict=True) if weight == 0)


@given(amounts, weights)
def test_what_goes_back_splits_as_what_came(amount, shares):
    assert (-amount).split(shares) == [-part for part in amount.split(shares)]


def test_odd_cents_go_to_the_largest_remainder_and_then_to_the_first():
    assert Euro(100).split([1, 1, 1]) == [Euro(34), Euro(33), Euro(33)]
    assert Euro(10).split([1, 3]) == [Euro(3), Euro(7)]


@pytest.mark.parametrize("wrong", [[], [0], [0, 0], [-1, 2], [2, -1]])
def test_weights_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="weights"):
        Euro(100).split(wrong)


@given(amounts, amounts, st.integers(-1000, 1000))
def test_arithmetic_is_that_of_cents(one, other, times):
    assert (one + other).cents == one.cents + other.cents
    assert (one - other).cents == one.cents - other.cents
    assert (one * times).cents == one.cents * times
    assert bool(one) == (one.cents != 0)
    assert (one < other) == (one.cents < other.cents)


@pytest.mark.parametrize(
    "mix",
    [
        lambda: Euro(1) + 1,
        lambda: 1 + Euro(1),
        lambda: Euro(1) - 1.0,
        lambda: Euro(2) * 1.5,
        lambda: Euro(2) * Euro(2),
        lambda: Euro(2) * True,
        lambda: Euro(2) > 1,
        lambda: Euro(1.0),
        lambda: Euro(True),
        lambda: Euro("1"),
        lambda: sum([Euro(1), 1], Euro(0)),
    ],
)
def test_money_never_mixes_with_bare_numbers(mix):
    with pytest.raises(TypeError):
        mix()


def test_money_never_equals_a_bare_number():
    assert Euro(5) != 5
    assert Euro.sum([]) == Euro(0)
    assert Euro.of(13) == Euro(1300)
