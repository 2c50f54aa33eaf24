"""Marks upon letters: as many as a letter bears, and no heap that keeps a processor busy."""

import time
import unicodedata

import pytest

from fundraising.contacts.rules.folding import folded
from fundraising.marks import MOST_MARKS, without_heaps
from fundraising.web.fields import clean_line

# Pairs in the wrong order: one that is taken apart into two by itself, one that is a letter until then.
HEAPS = ("\u0301\u0316", "\u0f73", "\uff9e\u0338")


@pytest.mark.parametrize("text", ["", "Zoë", "Zoe\u0308", "Nguyễn", "हिन्दी", "ガギグ", "한국어", "e\u0301" * 500])
def test_what_people_write_stays(text):
    assert without_heaps(text) == text
    assert clean_line(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("pair", HEAPS, ids=ascii)
@pytest.mark.parametrize("reads", [clean_line, folded])
def test_a_heap_of_marks_is_read_at_once(reads, pair):
    heap = "e" + pair * 50_000
    assert len(without_heaps(heap)) == 1 + MOST_MARKS
    begins = time.process_time()
    reads(heap)
    # Put in order they take ten seconds and more.
    assert time.process_time() - begins < 2


def test_a_heap_stands_alone():
    assert without_heaps("e" + "\u0301" * 40 + "n\u0303") == "e" + "\u0301" * MOST_MARKS + "n\u0303"
