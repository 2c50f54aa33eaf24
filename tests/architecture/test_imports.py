"""The house stands as drawn: each outside library has one door. That imports run one way, `lint-imports` sees to."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# Where each library with a door may be imported.
DOORS = {
    "mollie": {"fundraising/giving/mollie.py"},
    "schwifty": {"fundraising/iban.py"},
    "weasyprint": {"fundraising/pdf/printing.py"},
    "huey": {"fundraising/tasks.py"},
    "flask_security": {"fundraising/accounts/security.py"},
    "webauthn": {"fundraising/accounts/passkeys.py"},
    "config": {"fundraising/app.py"},
}
# What is needed without being imported by us: a driver named in an address, data, Flask's reader of .env, and the fonts
# of what is printed.
USED_UNSEEN = {"psycopg", "tzdata", "python-dotenv", "font-source-sans-pro", "font-source-serif-pro"}
# What Flask-Security uses where it is there, and asks for by name where it is not.
USED_UNSEEN |= {"argon2-cffi", "cryptography", "nh3", "qrcode", "webauthn"}
# What comes with a library that is declared, and is used together with it.
COMES_ALONG = {
    "alembic": "flask-migrate",
    "werkzeug": "flask",
    "jinja2": "flask",
    "markupsafe": "flask",
    "requests": "mollie-api-python",
    "itsdangerous": "flask",
    "flask-login": "flask-security",
    "libpass": "flask-security",
}


def imports_of(file: Path) -> set[str]:
    """The top-level names that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module).split(".")[0])
    return names


IMPORTS = {str(file.relative_to(ROOT)): imports_of(file) for file in sorted(ROOT.glob("fundraising/**/*.py"))}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names_in(lines: Iterable[object]) -> set[str]:
    """The names of the projects in lists of dependencies."""
    return {_normal(re.split(r"[\[><=,]", line)[0]) for line in lines if isinstance(line, str)}


DECLARED = names_in(
    [*PROJECT["project"]["dependencies"], *chain(*PROJECT["project"]["optional-dependencies"].values())]
)
DEVELOPMENT = names_in(chain(*PROJECT["dependency-groups"].values()))


@pytest.mark.parametrize("library", DOORS)
def test_a_library_with_a_door_is_imported_only_there(library):
    assert {file for file, names in IMPORTS.items() if library in names} <= DOORS[library]


def test_what_is_imported_is_declared_and_what_is_declared_is_used():
    distributions = packages_distributions()
    imported = set().union(*IMPORTS.values(), imports_of(ROOT / "config.py")) - set(sys.stdlib_module_names)
    imported -= {"fundraising", "config", "_typeshed"}  # the last is known to type checkers alone
    used = {_normal(name) for module in imported for name in distributions[module]}
    assert {COMES_ALONG.get(name, name) for name in used} | USED_UNSEEN == DECLARED


def test_what_is_declared_is_locked():
    for lock, names in (("runtime", DECLARED), ("dev", DECLARED | DEVELOPMENT)):
        locked = set(
            re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==", (ROOT / f"requirements/{lock}.txt").read_text(), re.MULTILINE)
        )
        assert names - locked == set(), "run script/lock"
