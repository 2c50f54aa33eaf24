"""Dutch names, towns and addresses to make people and organisations from who do not exist.

Words that occur in very many names, put together by chance; the common ones come oftenest.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

from fundraising.contacts.rules import Salutation
from fundraising.resources import resource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_WORDS = tomllib.loads(resource("operations/data/names.toml").read_text(encoding="utf-8"))
# Those two in three have a common name of either kind; the others one that chance puts together.
_COMMON_SHARE, _PREFIX_SHARE, _DOUBLE_SHARE, _LONG_SHARE = 0.38, 0.66, 0.96, 0.25


class InventedName(NamedTuple):
    """A person's name in parts."""

    salutation: Salutation
    given_name: str
    prefix: str
    surname: str


class InventedPlace(NamedTuple):
    """An address in a town that is there, in a street that need not be."""

    street: str
    house_number: str
    postcode: str
    town: str


def person(chance: Random) -> InventedName:
    """Somebody; half of all with initials, as older people write themselves."""
    woman = chance.random() < 0.5  # noqa: PLR2004  half of all
    given = _often_the_first(chance, _WORDS["women"] if woman else _WORDS["men"])
    if chance.random() < 0.5:  # noqa: PLR2004  half of all
        given = "".join(f"{chance.choice('ABCDEFGHJKLMPRSTW')}." for _ in range(chance.choice((1, 1, 2, 2, 3))))
    salutation = Salutation.MRS if woman else Salutation.MR
    return InventedName(salutation, given, *_surname(chance))


def place(chance: Random) -> InventedPlace:
    """An address."""
    name, figures = _often_the_first(chance, _WORDS["towns"])
    letters = "".join(chance.choice("ABCDEGHJKLMNPRSTVWXZ") for _ in range(2))
    return InventedPlace(
        street=chance.choice(_WORDS["streets"]) + chance.choice(_WORDS["roads"]),
        house_number=str(chance.randint(1, 180)) + ("a" if chance.random() < 0.05 else ""),  # noqa: PLR2004  few
        postcode=f"{figures}{chance.randint(1, 99):02} {letters}",
        town=name,
    )


def church(chance: Random, town: str) -> tuple[str, str]:
    """A church in a town: its denomination and its name."""
    denomination, pattern = chance.choice(_WORDS["churches"])
    words = {
        "image": f"De {chance.choice(_WORDS['images'])}",
        "side": chance.choice(_WORDS["sides"]),
        "saint": chance.choice(_WORDS["saints"]),
    }
    return denomination, pattern.format(town=town, **words)


def school(chance: Random, town: str) -> str:
    """A school in a town."""
    kind = chance.choice(("Basisschool", "Christelijke Basisschool", "College", "Lyceum", "Scholengemeenschap"))
    return f"{kind} De {chance.choice(_WORDS['images'])} {town}"


def company(chance: Random) -> str:
    """A firm with its owner's name."""
    _, surname = _surname(chance)
    return f"{surname} {chance.choice(('Bouw', 'Advies', 'Transport', 'Techniek', 'Zorg', 'Installaties'))} B.V."


def fund(chance: Random) -> str:
    """A foundation that gives."""
    return f"Stichting {' '.join(_surname(chance)).strip()}{chance.choice(('fonds', ' Fonds', '-stichting'))}"


def _surname(chance: Random) -> tuple[str, str]:
    which = chance.random()
    if which < _COMMON_SHARE:
        return "", _often_the_first(chance, _WORDS["common"])
    if which < _PREFIX_SHARE:
        *prefix, surname = _often_the_first(chance, _WORDS["with_prefix"]).replace("d'", "d' ").split()
        return " ".join(prefix), surname
    middle = chance.choice(_WORDS["stems"]).lower() if chance.random() < _LONG_SHARE else ""
    made = chance.choice(_WORDS["stems"]) + middle + chance.choice(_WORDS["ends"])
    return "", made if which < _DOUBLE_SHARE else f"{made}-{_often_the_first(chance, _WORDS['common'])}"


def _often_the_first(chance: Random, words: Sequence[Any]) -> Any:  # noqa: ANN401  what its list holds
    """A word of a list, the first far more often than the last."""
    return words[int(len(words) * chance.random() ** 1.6)]
