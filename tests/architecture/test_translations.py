"""The Dutch catalogue is whole: every text of the house is in it, translated, with the same blanks, and compiled."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "fundraising/translations/nl/LC_MESSAGES"
BLANKS = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@pytest.fixture(scope="module")
def dutch() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="nl")


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Catalog:
    """The texts in code and templates, gathered as script/i18n does."""
    template = tmp_path_factory.mktemp("i18n") / "messages.pot"
    command = [
        Path(sys.executable).with_name("pybabel"),
        "--quiet",
        "extract",
        "--mapping-file",
        "pyproject.toml",
        "--keywords",
        "lazy_text",
    ]
    subprocess.run([*command, "--output-file", template, "fundraising", "templates"], cwd=ROOT, check=True)
    with template.open("rb") as file:
        return read_po(file)


def texts(catalogue: Catalog) -> dict:
    return {forms(message.id): message for message in catalogue if message.id}


def forms(text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_every_text_of_the_house_is_in_the_catalogue_and_no_other(found, dutch):
    assert set(texts(found)) - set(texts(dutch)) == set(), "run script/i18n"
    assert set(texts(dutch)) - set(texts(found)) == set(), "run script/i18n"
    assert len(texts(dutch)) > 100


def test_no_translation_is_missing_or_fuzzy(dutch):
    assert [key for key, message in texts(dutch).items() if not all(forms(message.string))] == []
    assert [key for key, message in texts(dutch).items() if message.fuzzy] == []


def test_translations_keep_the_blanks(dutch):
    wrong = []
    for key, message in texts(dutch).items():
        blanks = set(BLANKS.findall(" ".join(key)))
        # A singular may say "one" where the plural has a number.
        wrong += [key for form in forms(message.string)[-1:] if form and set(BLANKS.findall(form)) != blanks]
        wrong += [key for form in forms(message.string) if not set(BLANKS.findall(form)) <= blanks]
    assert wrong == []


def test_what_is_compiled_is_what_is_written(dutch):
    with (FOLDER / "messages.mo").open("rb") as file:
        compiled = texts(read_mo(file))
    written = {key: forms(message.string) for key, message in texts(dutch).items() if all(forms(message.string))}
    assert {key: forms(message.string) for key, message in compiled.items()} == written, "run script/i18n"
