"""Text with a delimiter, as spreadsheets and address programs write it: any delimiter, any encoding."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from itertools import islice
from typing import IO, TYPE_CHECKING

from fundraising.imports.formats.line import MAC_ENCODING, MIXED_ENCODING, Line
from fundraising.imports.rules import LONGEST_CELL, MOST_COLUMNS, SheetFault, UnreadableSheet

if TYPE_CHECKING:
    from collections.abc import Iterator

_DELIMITERS = ";\t,|"
_SAMPLE_LINES = 60
_LONGEST_LINE = 1 << 20
_CHUNK = 1 << 16
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# Behind a letter these are small letters with an accent, in Mac OS Roman and in Windows-1252; in the other one they are
# signs, or capitals that stand in no word. Signs that do follow a letter, such as the apostrophe, are among neither.
_MAC_LETTER = re.compile(rb"(?<=[A-Za-z])[\x87-\x91\x95\x9a\x9f]")
_WINDOWS_LETTER = re.compile(rb"(?<=[A-Za-z])[\xe0-\xff]")
# A sheet of Western text in UTF-16 is half zeros.
_MANY_ZEROS = 0.3


class DelimitedSheet:
    """A table in text."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.notes: Counter[str] = Counter()
        self._encoding, self._skip = _encoding(file)
        self._narrow = "cp1252" if self._encoding else _narrow_encoding(file)
        first = list(islice(self._text(), _SAMPLE_LINES))
        self._delimiter, self._preamble = _delimiter(first)

    def lines(self) -> Iterator[Line]:
        """The lines that are not empty; a line within quotes that breaks off counts as the one where it begins."""
        self.notes.clear()
        csv.field_size_limit(LONGEST_CELL)
        text = islice(self._text(), self._preamble, None)
        reader = csv.reader(text, delimiter=self._delimiter, strict=True)
        begins = self._preamble + 1
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as wrong:
                raise UnreadableSheet(_fault(wrong), self._preamble + reader.line_num) from wrong
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield Line(begins, _trimmed(cells, begins))
            begins = self._preamble + reader.line_num + 1

    def _text(self) -> Iterator[str]:
        self._file.seek(self._skip)
        if self._encoding:
            return self._wide_lines()
        return self._narrow_lines()

    def _wide_lines(self) -> Iterator[str]:
        """Lines of UTF-16."""
        decoder, rest, number = codecs.getincrementaldecoder(self._encoding)("strict"), "", 0
        while True:
            chunk = self._file.read(_CHUNK)
            try:
                rest += decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as wrong:
                raise UnreadableSheet(SheetFault.UNKNOWN_SIGNS, number + 1) from wrong
            if chunk and rest.endswith("\r"):
                continue
            *whole, rest = rest.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            for line in whole:
                number += 1
                yield f"{line}\n"
            if not chunk:
                if rest:
                    yield rest
                return
            if len(rest) > _LONGEST_LINE:
                raise UnreadableSheet(SheetFault.LONG_CELL, number + 1)

    def _narrow_lines(self) -> Iterator[str]:
        """Lines of UTF-8, or of what Windows or a Mac wrote where a line is not; files pasted together hold both."""
        seen: Counter[str] = Counter()
        for number, raw in enumerate(self._raw_lines(), start=1):
            if b"\0" in raw:
                raise UnreadableSheet(SheetFault.NOT_A_SHEET, number)
            encoding = "ascii" if raw.isascii() else "utf-8"
            try:
                line = raw.decode(encoding)
            except UnicodeDecodeError:
                encoding, line = self._narrow, _decoded(raw, self._narrow, number)
            seen[encoding] += 1
            if seen["utf-8"] and seen[self._narrow]:
                self.notes[MIXED_ENCODING] = min(seen["utf-8"], seen[self._narrow])
            self.notes[MAC_ENCODING] = seen["mac_roman"]
            yield line

    def _raw_lines(self) -> Iterator[bytes]:
        rest = b""
        while chunk := self._file.read(_CHUNK):
            # A lone carriage return ended lines on the first Macintosh; one at the end of a chunk may be half a pair.
            held = rest + chunk
            if held.endswith(b"\r"):
                held += self._file.read(1)
            *whole, rest = held.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
            yield from (line + b"\n" for line in whole)
            if len(rest) > _LONGEST_LINE:
                raise UnreadableSheet(SheetFault.LONG_CELL)
        if rest:
            yield rest


def _encoding(file: IO[bytes]) -> tuple[str, int]:
    """UTF-16 and how many bytes say so, or nothing for everything narrower."""
    head = file.read(1024)
    if head.startswith(codecs.BOM_UTF8):
        return "", len(codecs.BOM_UTF8)
    for mark, encoding in _UTF16.items():
        if head.startswith(mark):
            return encoding, len(mark)
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(head) > 2 and zeros.count(0) > _MANY_ZEROS * len(head):  # noqa: PLR2004  two letters
            return encoding, 0
    return "", 0


def _narrow_encoding(file: IO[bytes]) -> str:
    """How the letters with accents are written that are not UTF-8, by which of them the file has most."""
    file.seek(0)
    mac = windows = 0
    while chunk := file.read(_CHUNK):
        if not chunk.isascii():
            mac += len(_MAC_LETTER.findall(chunk))
            windows += len(_WINDOWS_LETTER.findall(chunk))
    return "mac_roman" if mac > windows else "cp1252"


def _decoded(raw: bytes, encoding: str, number: int) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as wrong:
        raise UnreadableSheet(SheetFault.UNKNOWN_SIGNS, number) from wrong


def _delimiter(lines: list[str]) -> tuple[str, int]:
    """The delimiter, and how many lines come before the table: Excel's `sep=;` is one."""
    first = lines[0].strip().lower() if lines else ""
    if first.startswith("sep=") and len(first) == len("sep=;"):
        return first[-1], 1
    return max(_DELIMITERS, key=lambda each: _regularity(lines, each)), 0


def _regularity(lines: list[str], delimiter: str) -> tuple[float, int]:
    """How many of the lines have as many cells as most, provided that is more than one, and how many cells that is."""
    try:
        rows = [cells for cells in csv.reader(lines[:-1] or lines, delimiter=delimiter) if any(cells)]
    except csv.Error:
        return 0.0, 0
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
    return count / len(rows), width


def _fault(wrong: csv.Error) -> SheetFault:
    return SheetFault.LONG_CELL if "field larger" in str(wrong) else SheetFault.BROKEN_LINE


def _trimmed(cells: list[str], number: int) -> tuple[str, ...]:
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise UnreadableSheet(SheetFault.TOO_MANY_COLUMNS, number)
    return tuple(cell.strip() for cell in cells)
