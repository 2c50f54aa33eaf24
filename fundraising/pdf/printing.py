"""The only door to WeasyPrint. Fonts come with the house, and nothing is fetched from elsewhere."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

import font_source_sans_pro
import font_source_serif_pro
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcherResponse

_FACES = (
    ("Source Serif Pro", font_source_serif_pro, "SourceSerifPro", (("Regular", 400), ("Semibold", 600))),
    ("Source Sans Pro", font_source_sans_pro, "SourceSansPro", (("Regular", 400), ("Semibold", 600))),
)
# Fonts are shared by the whole process, and its threads take turns with them.
_one_at_a_time = Lock()


class _OwnFiles(URLFetcher):
    """Fetches our fonts and what stands in the page itself (`data:`), and nothing else."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:  # noqa: ANN401  WeasyPrint's
        """What may be fetched. Raises ValueError for all else."""
        if not url.startswith("data:") and url not in _font_addresses():
            raise ValueError("a document fetches nothing from elsewhere")
        return cast("URLFetcherResponse", super().fetch(url, headers))  # type: ignore[no-untyped-call]


def from_html(html: str) -> bytes:
    """A tagged PDF of a page with its own styles. What it refers to elsewhere is left out."""
    with _one_at_a_time:
        fonts, sheet = _fonts()
        document = HTML(string=html, url_fetcher=_own_files())
        return cast("bytes", document.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_tags=True))


def _own_files() -> URLFetcher:
    return _OwnFiles()  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def _fonts() -> tuple[FontConfiguration, CSS]:
    fonts = FontConfiguration()
    rules = [
        f"@font-face {{ font-family: '{family}'; font-weight: {weight}; src: url('{_address(package, stem, cut)}'); }}"
        for family, package, stem, cuts in _FACES
        for cut, weight in cuts
    ]
    return fonts, CSS(string="\n".join(rules), font_config=fonts, url_fetcher=_own_files())


@lru_cache(maxsize=1)
def _font_addresses() -> frozenset[str]:
    return frozenset(_address(package, stem, cut) for _, package, stem, cuts in _FACES for cut, _weight in cuts)


def _address(package: object, stem: str, cut: str) -> str:
    folder = Path(str(package.__file__)).parent / "files"  # type: ignore[attr-defined]
    return (folder / f"{stem}-{cut}.otf").as_uri()
