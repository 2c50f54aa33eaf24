"""The command `fundraising`, also as `python -m fundraising`."""

from __future__ import annotations

import gc


def main() -> None:
    """Load the application and do what the command line asks."""
    # What is loaded here stays: looking through it for garbage takes a quarter of the start, and is as idle later on.
    gc.disable()
    from fundraising.app import cli  # noqa: PLC0415  after that line

    gc.freeze()
    gc.enable()
    cli()


if __name__ == "__main__":
    main()
