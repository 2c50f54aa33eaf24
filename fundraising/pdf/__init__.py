"""Printed matter: pages become PDF."""

from __future__ import annotations


def from_html(html: str) -> bytes:
    """A tagged PDF of a page with its own styles. What it refers to elsewhere is left out."""
    # Loading it takes half a second, and Pango: only who prints needs it, no command and no other page.
    from fundraising.pdf import printing  # noqa: PLC0415

    return printing.from_html(html)
