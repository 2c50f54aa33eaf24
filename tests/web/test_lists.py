"""What a list is asked for, whatever somebody types into its address."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundraising.web.lists import (
    LAST_PAGE,
    PAGE,
    SORT,
    Sort,
    address_with,
    chosen,
    number_in,
    page_of,
    wanted,
    whole_number,
)

COLUMNS = {"naam", "datum"}
NEWEST = Sort("datum", descending=True)


def asked(**args):
    return wanted(args, sortable=COLUMNS, default=NEWEST)


def test_an_address_says_which_page_in_which_order():
    found = asked(pagina="3", sorteer="-naam")
    assert (found.number, found.sort, found.skipped) == (3, Sort("naam", descending=True), 100)


def test_without_a_word_it_is_the_beginning():
    assert (asked().number, asked().sort, asked().skipped) == (1, NEWEST, 0)


@pytest.mark.parametrize("number", ["", "0", "-1", "1.5", "²", "١", "een", "9" * 30, " 2", "1e3", "\x00"])
def test_a_page_that_cannot_be_is_the_first_one(number):
    assert asked(pagina=number).number == 1


@pytest.mark.parametrize("order", ["", "-", "--naam", "NAAM", "id; drop table contact", "-onzin"])
def test_an_order_that_is_not_offered_is_the_usual_one(order):
    assert asked(sorteer=order).sort == NEWEST


def test_there_is_an_end_to_leafing():
    assert asked(pagina="9999").number == LAST_PAGE


@given(st.text(), st.text())
def test_nothing_in_an_address_is_too_strange(number, order):
    found = wanted({PAGE: number, SORT: order}, sortable=COLUMNS, default=NEWEST)
    assert 1 <= found.number <= LAST_PAGE
    assert found.sort.key in COLUMNS


@given(st.sampled_from(sorted(COLUMNS)), st.booleans())
def test_an_order_reads_back_from_its_word(key, descending):
    sort = Sort(key, descending)
    assert asked(sorteer=sort.word).sort == sort
    assert sort.turned.turned == sort


def test_one_row_more_tells_that_more_come():
    first = wanted({}, sortable=COLUMNS, default=NEWEST, size=2)
    page = page_of(["a", "b", "c"], first, total=7)
    assert (list(page.items), page.has_next, page.has_previous, page.first, page.last) == (
        ["a", "b"],
        True,
        False,
        1,
        2,
    )
    second = wanted({PAGE: "4"}, sortable=COLUMNS, default=NEWEST, size=2)
    assert (page_of(["g"], second).first, page_of(["g"], second).has_next) == (7, False)
    assert page_of([], second).first == page_of([], second).last == 0
    assert not page_of(["a", "b"], first).has_next
    assert page_of(["c"], replace(first, number=2)).has_previous
    assert list(page.changed(str.upper).items) == ["A", "B"]


def test_a_filter_takes_only_what_it_offers():
    assert chosen({"soort": "kerk"}, "soort", ["kerk", "school"]) == "kerk"
    assert chosen({"soort": "' OR 1"}, "soort", ["kerk"]) == ""
    assert chosen({}, "soort", ["kerk"]) == ""


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("2026", 2026), ("2147483648", None), ("-1", None), ("", None), ("٣", None)]
)
def test_a_whole_number(text, number):
    assert whole_number({"jaar": text}, "jaar") == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("9223372036854775807", 2**63 - 1), ("9223372036854775808", None), ("9" * 5_000, None)],
    ids=["largest", "larger", "endless"],
)
def test_a_number_is_one_that_a_row_can_have(text, number):
    assert number_in(text) == number


def test_an_address_changes_what_is_named_and_keeps_the_rest():
    args = [("soort", "kerk"), ("pagina", "2"), ("leeg", "")]
    assert address_with("/lijst", args, {"pagina": None, "sorteer": "-naam"}) == "/lijst?soort=kerk&sorteer=-naam"
    assert address_with("/lijst", [], {}) == "/lijst"
    assert address_with("/lijst", [("a", "ë&=")], {}) == "/lijst?a=%C3%AB%26%3D"
