"""Every deed that the code writes into the audit trail, and every kind of record, has words for people."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from fundraising.accounts.views.deeds import DEEDS, RECORD_KINDS
from fundraising.accounts.views.told import FIELDS
from fundraising.contacts.rules import Address, PersonName
from fundraising.contacts.rules.details import ChurchFacts, OrganisationFacts, Preferences, SchoolFacts
from fundraising.contacts.rules.households import JointSalutation

FOLDER = Path(__file__).parents[2] / "fundraising"
TREES = {path.relative_to(FOLDER).as_posix(): ast.parse(path.read_text("utf-8")) for path in FOLDER.rglob("*.py")}
# Whoever is handed a deed by its name.
WRITERS = {"record", "write_down", "audit", "note_change", "_note", "_tell"}
# Whoever puts together what is written down, and the facts that are written down whole.
SHAPERS = {"_told", "_account_told", "_place_told", "_told_of"}
FACTS = (PersonName, OrganisationFacts, ChurchFacts, SchoolFacts, Preferences, Address, JointSalutation)
A_DEED = re.compile(r"[a-z_]+\.[a-z_]+")
# Names that are put together, and what they can become: by what is said in the place where they are.
PUT_TOGETHER = {
    "gift.refund_{}": {"approved", "declined", "withdrawn"},
    "{}.exported": {"contacts", "gifts"},
    "{}.leafed": {"contacts", "gifts", "import"},
    "consent.{}": {"granted", "withdrawn"},
    "import.{}": {"uploaded", "accepted", "undo_asked", "discarded"},
}


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def name_of(call):
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def as_pattern(text):
    return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in text.values)


def recorded():
    """Deeds by their names, each with the file that names it."""
    for path, tree in TREES.items():
        for argument in (each for call in calls(tree) if name_of(call) in WRITERS for each in call.args):
            if isinstance(argument, ast.Constant) and A_DEED.fullmatch(str(argument.value)):
                yield argument.value, path
            if isinstance(argument, ast.JoinedStr):
                pattern = as_pattern(argument)
                for part in PUT_TOGETHER.get(pattern, {"is not listed in this test"}):
                    yield pattern.format(part), path


def keys_told():
    """Names of fields that are written down, each with the file that names them."""
    for path, tree in TREES.items():
        for call in calls(tree):
            if name_of(call) in WRITERS:
                yield from keys_in([each.value for each in call.keywords if each.arg in {"before", "after"}], path)
        verbs = "/services/" in path and "/imports/" not in path
        for function in (each for each in ast.walk(tree) if verbs and isinstance(each, ast.FunctionDef)):
            if function.name not in SHAPERS:
                continue
            yield from keys_in([node.value for node in ast.walk(function) if isinstance(node, ast.Return)], path)


def keys_in(told, path):
    for node in (each for part in told for each in ast.walk(part)):
        if isinstance(node, ast.Dict):
            yield from ((key.value, path) for key in node.keys if isinstance(key, ast.Constant))


def test_every_field_has_a_label():
    found = dict(keys_told()) | {name: "a fact" for kind in FACTS for name in fields_of(kind)}
    assert {name: path for name, path in found.items() if name not in FIELDS} == {}
    assert {"holder", "is_primary", "roles", "brin", "state"} <= set(found)


def fields_of(kind):
    return {field.name for field in fields(kind)} - {"church", "school"}


def test_every_deed_has_words_and_no_other():
    found = dict(recorded())
    assert {deed: path for deed, path in found.items() if deed not in DEEDS} == {}
    assert set(DEEDS) - set(found) == set()


def test_whoever_is_handed_a_deed_is_listed():
    handed = {
        function.name
        for tree in TREES.values()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and {"action", "deed"} & {each.arg for each in function.args.args}
        if WRITERS & {name_of(call) for call in calls(function)}
    }
    assert handed - WRITERS == set()


def test_the_code_was_read():
    assert {"contact.created", "gift.refund_approved", "import.accepted", "consent.withdrawn"} <= {
        deed for deed, _path in recorded()
    }


@pytest.mark.parametrize("path", TREES)
def test_every_kind_of_record_has_a_word(path):
    named = [call.args[0] for call in calls(TREES[path]) if name_of(call) == "Subject" and call.args]
    kinds = {each.value for each in named if isinstance(each, ast.Constant)}
    assert kinds <= set(RECORD_KINDS)
