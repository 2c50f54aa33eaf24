"""The pieces of front pages: what needs doing today, each a few rows and a way to the whole list.

Whose role a panel is for and who has its permission sees it. A later slice adds one in a line; what stands above the
desk adds its own with `add_panel()`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from flask import current_app, url_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Flask

    from fundraising.accounts.rules import Permission, Role
    from fundraising.accounts.views import StaffUser

# So many rows are shown of each; one more is read, to know whether there are more.
MOST_ROWS = 6
_EXTENSION = "panels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A piece of a front page: its template in `desk/panels`, and its rows, one more than `MOST_ROWS` at most.

    `empty` is what it says when nothing needs doing; `endpoint` with `values` leads to the whole list, where there is
    one.
    """

    name: str
    place: int
    title: str
    empty: str
    roles: frozenset[Role]
    permission: Permission
    read: Callable[[], Sequence[Any]]
    endpoint: str = ""
    values: Mapping[str, str] | None = None

    def path(self) -> str:
        """The address of the whole list; empty where there is none."""
        if self.endpoint not in current_app.view_functions:
            return ""
        values: dict[str, Any] = dict(self.values or {})
        return url_for(self.endpoint, **values)


@dataclass(frozen=True, slots=True)
class FilledPanel:
    """A panel with what it shows now."""

    panel: Panel
    rows: Sequence[Any]
    has_more: bool


def init(app: Flask, panels: Sequence[Panel]) -> None:
    """Begin with these panels."""
    app.extensions[_EXTENSION] = list(panels)


def add_panel(app: Flask, panel: Panel) -> None:
    """Add a panel of a part that stands above the desk."""
    cast("list[Panel]", app.extensions[_EXTENSION]).append(panel)


def panels_for(user: StaffUser) -> list[FilledPanel]:
    """The front page of somebody with these roles, in order."""
    theirs = [panel for panel in current_app.extensions[_EXTENSION] if _is_for(panel, user)]
    return [_filled(panel) for panel in sorted(theirs, key=lambda panel: panel.place)]


def _is_for(panel: Panel, user: StaffUser) -> bool:
    return bool(panel.roles & user.roles) and panel.permission in user.permissions


def _filled(panel: Panel) -> FilledPanel:
    rows = panel.read()
    return FilledPanel(panel, rows[:MOST_ROWS], len(rows) > MOST_ROWS)
