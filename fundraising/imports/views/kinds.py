"""What the pages need to know of a kind of import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundraising.accounts.rules import Permission
    from fundraising.imports.forms import ChoiceField, Words
    from fundraising.imports.services.kinds import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPages:
    """The pages of one kind. Texts are translated when shown; `samples` are files of ours to begin with, by name."""

    kind: Kind
    blueprint: str
    path: str
    permission: Permission
    title: str
    introduction: str
    # What accepting means, said beside the button.
    warning: str
    words: Words
    choices: tuple[ChoiceField, ...]
    samples: Mapping[str, str]

    def endpoint(self, view: str) -> str:
        """The name of one of these pages."""
        return f"{self.blueprint}.{self.kind.name}_import_{view}"
