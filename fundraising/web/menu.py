"""The menu of staff pages: each slice puts in what it has, and everybody sees what they may open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, cast

from flask import current_app, request, url_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Blueprint, Flask
    from flask.blueprints import BlueprintSetupState

_EXTENSION = "menu"


class Group(IntEnum):
    """The parts of the menu, in this order; a line stands between them."""

    TODAY = 0
    PEOPLE = 1
    MONEY = 2
    HOUSE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """A page in the menu: one or two words, and the name of the permission it takes; none where everybody may.

    `place` orders the items of a group.
    """

    group: Group
    place: int
    label: str
    endpoint: str
    permission: str = ""


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item as this person sees it on this page. A line stands above what `starts_group`."""

    label: str
    path: str
    current: bool
    starts_group: bool


def init(app: Flask) -> None:
    """Begin with an empty menu."""
    app.extensions[_EXTENSION] = []
    app.jinja_env.globals.update(menu=shown_menu)


def in_menu(blueprint: Blueprint, item: MenuItem) -> None:
    """Put a page of a blueprint into the menu of every application that registers it."""

    def add(state: BlueprintSetupState) -> None:
        cast("list[MenuItem]", state.app.extensions[_EXTENSION]).append(item)

    blueprint.record_once(add)


def shown_menu(may: Callable[[str], bool]) -> list[ShownItem]:
    """The menu of this request, in order, for somebody who may what `may` says of a permission's name."""
    items = [(item, url_for(item.endpoint)) for item in _all_items() if not item.permission or may(item.permission)]
    here = max((path for _, path in items if _is_under(path)), key=len, default="")
    return [
        ShownItem(
            label=str(item.label),
            path=path,
            current=path == here,
            starts_group=number > 0 and items[number - 1][0].group is not item.group,
        )
        for number, (item, path) in enumerate(items)
    ]


def _all_items() -> list[MenuItem]:
    return sorted(current_app.extensions[_EXTENSION], key=lambda item: (item.group, item.place))


def _is_under(path: str) -> bool:
    # Everything stands under the front page's own address, `/desk/`, and belongs to it no more for that.
    return request.path == path or (not path.endswith("/") and request.path.startswith(path + "/"))
