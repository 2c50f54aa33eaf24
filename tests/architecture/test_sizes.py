"""Pieces stay small enough to read in one go, and nothing is named for being left over."""

import ast
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("fundraising/**/*.py"), *ROOT.glob("migrations/*.py"), ROOT / "config.py"])
LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def functions() -> list[tuple[str, int]]:
    """Every function of the package with its length in lines, without decorators and docstring."""
    return [
        (f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", _length(node))
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
    return lines


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_file_is_long(file):
    assert len(file.read_text("utf-8").splitlines()) <= LONGEST_FILE


def test_no_function_is_long_and_most_are_short():
    lengths = dict(functions())
    assert len(lengths) > 100
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
    assert median(lengths.values()) <= 8
    assert quantiles(lengths.values(), n=10)[-1] < 25


def test_nothing_is_named_for_being_left_over():
    leftovers = {"utils", "util", "helpers", "helper", "common", "constants", "misc", "base", "core"}
    assert [str(file) for file in FILES if leftovers & {part.removesuffix(".py") for part in file.parts}] == []
