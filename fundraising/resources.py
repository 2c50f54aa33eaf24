"""Where the files that travel with the code lie, in a checkout and in an installed wheel alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """The path of `templates` or `migrations`, or of a file below the package such as `static`.

    In a checkout the first two stand beside the package; the wheel carries them inside it, under `bundled`. Raises
    FileNotFoundError.
    """
    for candidate in (_PACKAGE / "bundled" / name, _PACKAGE / name, _PACKAGE.parent / name):
        if candidate.exists():
            return candidate
    raise FileNotFoundError(name)
