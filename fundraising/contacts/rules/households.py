"""How people who share an address are written to together.

After the habits of Dutch letters (Taalunie, Onze Taal): one surname is said once, `De heer en mevrouw Van der Berg`,
different ones each with their title, `De heer J. de Vries en mevrouw A. Bakker`. Staff may write something else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundraising.contacts.rules import Salutation, addressed, family_name, full_name, greeting
from fundraising.contacts.rules.folding import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundraising.contacts.rules import PersonName


@dataclass(frozen=True, slots=True)
class JointSalutation:
    """What stands above the address, and how the letter opens."""

    addressee: str
    greeting: str


_COUPLE = 2
# By how many men and women there are among two of one name.
_ONE_NAME = {
    "nl": {(1, 1): "heer en mevrouw", (2, 0): "heren", (0, 2): "dames"},
    "en": {(1, 1): "Mr and Ms", (2, 0): "Messrs", (0, 2): "Mses"},
}
_AND = {"nl": " en ", "en": " and "}
_FAMILY = {"nl": "familie {}", "en": "the {} family"}
_TITLES = {
    "nl": {Salutation.MR: "heer", Salutation.MRS: "mevrouw"},
    "en": {Salutation.MR: "Mr", Salutation.MRS: "Ms"},
}


def joint_salutation(names: Sequence[PersonName], language: str = "nl") -> JointSalutation:
    """How these people, one at least, are written to together."""
    shared = shared_name(names)
    if len(names) > _COUPLE or (shared is not None and _titles(names) not in _ONE_NAME[language]):
        return _family(names, shared, language)
    if shared is not None:
        return _one_name(family_name(shared), _ONE_NAME[language][_titles(names)], language)
    together = _and([addressed(name, language) for name in names], language)
    return JointSalutation(_capital(together), _each(names, language))


def written_now(kept: JointSalutation, lives: Sequence[tuple[PersonName, bool]], language: str) -> JointSalutation:
    """How a household is written to as it is now: as was written down while all who were in it are there and live.

    Nobody is to read on an envelope the name of somebody who died. `lives` says of each of its people whether they do.
    """
    living = [name for name, alive in lives if alive]
    if not living or (len(living) == len(lives) and len(living) >= _COUPLE):
        return kept
    if len(living) == 1:
        return JointSalutation(_capital(addressed(living[0], language)), greeting(living[0], language))
    return joint_salutation(living, language)


def shared_name(names: Sequence[PersonName]) -> PersonName | None:
    """The one whose surname all have, also where a partner's stands behind it: `Van der Berg-Jansen`. None without."""
    shortest = min(names, key=lambda name: len(name.surname))
    stem = shortest.surname.casefold()
    together = all(
        folded(name.prefix) == folded(shortest.prefix)
        and (name.surname.casefold() == stem or name.surname.casefold().startswith(f"{stem}-"))
        for name in names
    )
    return shortest if together and stem else None


def _titles(names: Sequence[PersonName]) -> tuple[int, int]:
    count = Counter(name.salutation for name in names)
    return count[Salutation.MR], count[Salutation.MRS]


def _one_name(surname: str, titles: str, language: str) -> JointSalutation:
    if language == "en":
        return JointSalutation(f"{titles} {surname}", f"Dear {titles} {surname},")
    return JointSalutation(f"De {titles} {surname}", f"Geachte {titles} {surname},")


def _family(names: Sequence[PersonName], shared: PersonName | None, language: str) -> JointSalutation:
    surnames = [family_name(shared)] if shared is not None else list(dict.fromkeys(map(family_name, names)))
    family = _FAMILY[language].format(_and(surnames, language))
    opening = "Dear" if language == "en" else "Geachte"
    return JointSalutation(_capital(family), f"{opening} {family},")


def _each(names: Sequence[PersonName], language: str) -> str:
    opening = "Dear" if language == "en" else "Geachte"
    titles = _TITLES[language]
    spoken = [
        f"{titles[name.salutation]} {family_name(name)}" if name.salutation in titles else full_name(name)
        for name in names
    ]
    return f"{opening} {_and(spoken, language)},"


def _and(parts: Sequence[str], language: str) -> str:
    if len(parts) == 1:
        return parts[0]
    return ", ".join(parts[:-1]) + _AND[language] + parts[-1]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
