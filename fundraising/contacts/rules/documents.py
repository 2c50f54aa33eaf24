"""Which files may be kept with a contact: judged by what is in them as well as by their name. Pure rules.

Nothing that a browser or an office program would run: no pages, no drawings with script, no programs, no macros.
"""

from __future__ import annotations

import email.policy
import re
import unicodedata
import zipfile
from email.parser import BytesHeaderParser
from enum import StrEnum
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from fundraising.marks import without_heaps

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_FILE = 20 * 1024 * 1024
LONGEST_NAME = 200
_HEAD = 4_096
_MOST_PARTS = 10_000
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|head|body|svg|script|\?xml)|\s*#!", re.IGNORECASE)
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NOT_IN_A_NAME = re.compile(r"[\\/:*?\"<>|\x00-\x1f\x7f]")
_LAST_PART = re.compile(r"[^\\/]*$")


class FileFault(StrEnum):
    """Why a file is not kept."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    # A kind that is not kept, by its name.
    UNKNOWN_KIND = "unknown_kind"
    # What is in it is not what its name says.
    NOT_WHAT_IT_SAYS = "not_what_it_says"
    MACROS = "macros"


class RefusedFile(ValueError):
    """A file that is not kept; `fault` tells why."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def media_type(filename: str, file: IO[bytes]) -> str:
    """What kind of file this is, as its name says and its contents prove. Raises RefusedFile."""
    ending = PurePosixPath(filename.lower()).suffix
    if ending not in _KINDS:
        raise RefusedFile(FileFault.UNKNOWN_KIND)
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        raise RefusedFile(FileFault.EMPTY)
    name, is_one = _KINDS[ending]
    if not is_one(head, file):
        raise RefusedFile(FileFault.NOT_WHAT_IT_SAYS)
    file.seek(0)
    return name


def endings() -> tuple[str, ...]:
    """The endings of names that are kept, for a file chooser."""
    return tuple(_KINDS)


def safe_name(filename: str) -> str:
    """A file's name without folders and without characters that mislead or that a computer refuses; never empty."""
    last = _LAST_PART.search(unicodedata.normalize("NFC", without_heaps(filename)))
    visible = "".join(sign for sign in (last[0] if last else "") if unicodedata.category(sign) not in {"Cf", "Cs"})
    name = " ".join(_NOT_IN_A_NAME.sub(" ", visible).split()).strip(". ")
    path = PurePosixPath(name or "document")
    return path.stem[: LONGEST_NAME - len(path.suffix)] + path.suffix


def _begins(*signatures: bytes) -> Callable[[bytes, IO[bytes]], bool]:
    return lambda head, _file: head.startswith(signatures)


def _office(part: str) -> Callable[[bytes, IO[bytes]], bool]:
    """A package of Office Open XML with this part in it, and no macros."""

    def is_one(_head: bytes, file: IO[bytes]) -> bool:
        names = _parts(file)
        if any(name.lower().endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
            raise RefusedFile(FileFault.MACROS)
        return {"[Content_Types].xml", part} <= names

    return is_one


def _open_document(kind: bytes) -> Callable[[bytes, IO[bytes]], bool]:
    """An OpenDocument file: its first part says plainly what it is. Basic and scripts stand in folders of their own."""

    def is_one(head: bytes, file: IO[bytes]) -> bool:
        names = _parts(file)
        if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in names):
            raise RefusedFile(FileFault.MACROS)
        return b"mimetype" + kind in head and "content.xml" in names

    return is_one


def _parts(file: IO[bytes]) -> frozenset[str]:
    """The names in a package, read from its directory: nothing is unpacked, so nothing can swell."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError):
        return frozenset()
    return frozenset(names) if len(names) <= _MOST_PARTS else frozenset()


def _is_text(head: bytes, file: IO[bytes]) -> bool:
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        return False
    file.seek(0)
    return not any(_NOT_TEXT.search(chunk) for chunk in iter(lambda: file.read(1 << 20), b""))


def _is_mail(head: bytes, file: IO[bytes]) -> bool:
    if not _is_text(head, file):
        return False
    headers = BytesHeaderParser(policy=email.policy.compat32).parsebytes(head)
    return {"from", "date"} <= {name.lower() for name in headers}


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ODT = "application/vnd.oasis.opendocument.text"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_KINDS: dict[str, tuple[str, Callable[[bytes, IO[bytes]], bool]]] = {
    ".pdf": ("application/pdf", _begins(b"%PDF-")),
    ".jpg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    ".jpeg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    ".png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    ".docx": (_WORD, _office("word/document.xml")),
    ".xlsx": (_EXCEL, _office("xl/workbook.xml")),
    ".odt": (_ODT, _open_document(_ODT.encode())),
    ".ods": (_ODS, _open_document(_ODS.encode())),
    ".txt": ("text/plain", _is_text),
    ".csv": ("text/csv", _is_text),
    ".eml": ("message/rfc822", _is_mail),
}
