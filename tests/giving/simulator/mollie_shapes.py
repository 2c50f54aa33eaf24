"""The shape of a resource as its examples show it, and how another document differs from that."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[3]
OURS = REPOSITORY / "tests" / "samples" / "mollie"
OFFICIAL = REPOSITORY.parent / "shared" / "samples" / "mollie"
RESOURCES = ("payment", "refund", "chargeback", "method")

FREE = {"metadata"}
"""Whatever the merchant wrote: any JSON, which says nothing about Mollie."""

UNSHOWN = {
    ("payment", "authorizedAt"): "documented; no example shows an authorised payment",
    ("payment", "cancelUrl"): "documented; no example was made with one",
    ("payment", "details.consumerAccount"): "null where the method knows no account",
    ("chargeback", "reversedAt"): "documented as an instant; the examples show only null",
}
"""Keys or types that the API documents and no example shows."""


@dataclass(frozen=True)
class Sample:
    """One document of a folder of samples."""

    name: str
    document: Any


def kind(value: object) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def flat(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The dotted keys of a resource with their JSON types; embedded resources are looked at by themselves."""
    for key, value in document.items():
        if key == "_embedded":
            continue
        yield f"{prefix}{key}", "free" if key in FREE else kind(value)
        if isinstance(value, dict) and key not in FREE:
            yield from flat(value, f"{prefix}{key}.")


def resources(document: object) -> Iterator[dict[str, Any]]:
    """Every resource in a document, also those within a list or embedded."""
    if isinstance(document, dict):
        if document.get("resource") in RESOURCES:
            yield document
        for value in document.values():
            yield from resources(value)
    elif isinstance(document, list):
        for value in document:
            yield from resources(value)


@cache
def samples(folder: Path) -> tuple[Sample, ...]:
    return tuple(
        Sample(path.stem, json.loads(path.read_text("utf-8"))["value"]) for path in sorted(folder.glob("*.json"))
    )


def named(folder: Path, name: str) -> Any:
    """The document of a sample by the beginning of its name."""
    [found] = [sample.document for sample in samples(folder) if sample.name == name]
    return found


@cache
def shapes(folder: Path) -> dict[str, dict[str, set[str]]]:
    """For each kind of resource, each key that some sample shows, with the types that it has."""
    known: dict[str, dict[str, set[str]]] = {name: {} for name in RESOURCES}
    for sample in samples(folder):
        for resource in resources(sample.document):
            for path, found in flat(resource):
                known[resource["resource"]].setdefault(path, set()).add(found)
    return known


def strangers(folder: Path, document: object) -> list[str]:
    """What stands in the document's resources that no sample shows: a key, or a type of a key."""
    known = shapes(folder)
    return [
        f"{resource['resource']}.{path}: {found}"
        for resource in resources(document)
        for path, found in flat(resource)
        if found not in known[resource["resource"]].get(path, set()) and (resource["resource"], path) not in UNSHOWN
    ]


def lacking(document: dict[str, Any], example: dict[str, Any]) -> set[str]:
    """The keys of an example that a document of the same kind has not."""
    return {path for path, _ in flat(example)} - {path for path, _ in flat(document)}


def coherent(resource: dict[str, Any]) -> bool:
    """Whether an example agrees with itself: two official ones are open yet paid, or paid yet still to be paid."""
    return ("paidAt" in resource) == (resource["status"] == "paid")


def examples_of(folder: Path, **traits: str) -> list[dict[str, Any]]:
    """The resources in the samples that have these values; there is at least one."""
    found = [
        resource
        for sample in samples(folder)
        for resource in resources(sample.document)
        if all(resource.get(name) == value for name, value in traits.items()) and coherent(resource)
    ]
    if not found:
        raise LookupError(f"No sample in {folder} has {traits}")
    return found


def offered(examples: list[dict[str, Any]]) -> set[str]:
    """The keys that some of the examples have."""
    return set.union(*({path for path, _ in flat(example)} for example in examples))
