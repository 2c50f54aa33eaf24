"""The addresses of the pages of an import."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fundraising.accounts.views import requires, takes_files
from fundraising.imports.views import acting, looking, taking

if TYPE_CHECKING:
    from flask import Blueprint

    from fundraising.imports.views.kinds import ImportPages

# An uploaded file, and the little around it.
LARGEST_UPLOAD = 50 * 1024 * 1024
_ROUTES = (
    ("", "list", looking.listing, "GET"),
    ("", "upload", acting.upload, "POST"),
    ("/voorbeeld/<name>", "sample", taking.sample, "GET"),
    ("/<int:number>", "show", looking.show, "GET"),
    ("/<int:number>/kolommen", "columns", looking.columns, "GET"),
    ("/<int:number>/kolommen", "choose", acting.choose, "POST"),
    ("/<int:number>/aanvaarden", "accept", acting.accept, "POST"),
    ("/<int:number>/weggooien", "discard", acting.discard, "POST"),
    ("/<int:number>/terugdraaien", "undo", looking.undo, "GET"),
    ("/<int:number>/terugdraaien", "undo_now", acting.undo, "POST"),
    ("/<int:number>/geweigerd.<extension>", "refused", taking.refused, "GET"),
)


def add_pages(blueprint: Blueprint, pages: ImportPages) -> None:
    """Put the pages of a kind into a blueprint."""
    for rule, name, function, method in _ROUTES:
        # A partial of its own for every kind, so that each carries its own mark.
        view = requires(pages.permission)(partial(function, pages))
        if name == "upload":
            view = takes_files(LARGEST_UPLOAD)(view)
        endpoint = f"{pages.kind.name}_import_{name}"
        blueprint.add_url_rule(f"{pages.path}{rule}", endpoint, view, methods=[method])
