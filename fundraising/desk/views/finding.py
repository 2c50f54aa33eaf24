"""What the search box looks in: each source gives what it found as hits of one shape, in a group of its own.

Whoever has its permission is shown a source. A later slice adds one in a line; what stands above the desk adds its own
with `add_source()`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask import Flask

    from fundraising.accounts.rules import Permission
    from fundraising.accounts.views import StaffUser

_EXTENSION = "search_sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something found: its name, what tells it from others, and where it is; no path where it has no page.

    `meant` says that it was asked for by its own number or reference, so that nothing else can be meant.
    """

    title: str
    details: tuple[str, ...] = ()
    path: str = ""
    meant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something to look in. `find` takes what was typed, which can be anything, and how many hits are wanted.

    What a `conclusive` source finds can be nothing else, and nobody looks further.
    """

    name: str
    place: int
    title: str
    permission: Permission
    find: Callable[[str, int], Sequence[Hit]]
    conclusive: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """What was found in a source; `has_more` says that there is more than is shown."""

    source: Source
    hits: Sequence[Hit]
    has_more: bool


def init(app: Flask, sources: Sequence[Source]) -> None:
    """Begin with these sources."""
    app.extensions[_EXTENSION] = list(sources)


def add_source(app: Flask, source: Source) -> None:
    """Add a source of a part that stands above the desk."""
    cast("list[Source]", app.extensions[_EXTENSION]).append(source)


def groups_for(user: StaffUser, text: str, *, most: int) -> list[Group]:
    """What this person may see of what fits, so many of each source at most; a source with nothing is left out."""
    if not text.strip():
        return []
    sources = sorted(cast("list[Source]", current_app.extensions[_EXTENSION]), key=lambda source: source.place)
    groups = []
    for source in sources:
        hits = source.find(text, most + 1) if source.permission in user.permissions else ()
        if hits:
            groups.append(Group(source, hits[:most], len(hits) > most))
        if hits and source.conclusive:
            break
    return groups


def only_meant(groups: Sequence[Group]) -> Hit | None:
    """The one page that was asked for by its number or reference, where there is exactly one."""
    meant = [hit for group in groups for hit in group.hits if hit.meant and hit.path]
    others = [hit for group in groups for hit in group.hits if not hit.meant]
    return meant[0] if len(meant) == 1 and not others else None
