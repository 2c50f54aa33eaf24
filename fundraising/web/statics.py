"""Our own few small files, served from memory under an address that changes with their content.

So a browser may keep them for a year. `url_for("static", filename=…)` adds the content's hash by itself.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response, abort, request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flask import Flask

_A_YEAR = "public, max-age=31536000, immutable"
_NOT_LONG = "public, max-age=300"
_COMPRESSIBLE = (".css", ".js", ".svg", ".txt", ".webmanifest")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent. `compressed` is empty where compressing gains nothing."""

    version: str
    mimetype: str
    body: bytes
    compressed: bytes


def init(app: Flask) -> None:
    """Read the static folder once and serve it from memory in place of Flask's own view."""
    files = serve_from_memory(app, "static", Path(app.static_folder or ""), "**/*")

    def address(filename: str) -> str:
        # Not by `url_for`: a request for another host has no addresses to build from, and its page needs a style too.
        path, known = f"{app.static_url_path}/{quote(filename)}", files.get(filename)
        return f"{path}?v={known.version}" if known is not None else path

    app.jinja_env.globals["static"] = address


def serve_from_memory(app: Flask, endpoint: str, folder: Path, *patterns: str) -> Mapping[str, StaticFile]:
    """Serve the files of a folder that fit these patterns, and no others, at an endpoint that takes a `filename`.

    Returns them by that name.
    """
    files = _read(folder, patterns)

    def serve(filename: str) -> Response:
        return _answer(files.get(filename) or abort(404))

    def add_version(asked: str, values: dict[str, str]) -> None:
        known = files.get(values.get("filename", "")) if asked == endpoint else None
        if known is not None:
            values["v"] = known.version

    app.view_functions[endpoint] = serve
    app.url_default_functions.setdefault(None, []).append(add_version)
    return files


def _read(folder: Path, patterns: Iterable[str]) -> dict[str, StaticFile]:
    found = (path for pattern in patterns for path in folder.glob(pattern) if path.is_file())
    return {path.relative_to(folder).as_posix(): _load(path) for path in found}


@cache
def _load(path: Path) -> StaticFile:
    body = path.read_bytes()
    packed = gzip.compress(body, mtime=0) if path.suffix in _COMPRESSIBLE else b""
    return StaticFile(
        version=hashlib.sha256(body).hexdigest()[:12],
        mimetype=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        body=body,
        compressed=packed if len(packed) < len(body) else b"",
    )


def _answer(file: StaticFile) -> Response:
    packed = bool(file.compressed) and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(file.compressed if packed else file.body, mimetype=file.mimetype)
    response.headers["Cache-Control"] = _A_YEAR if request.args.get("v") == file.version else _NOT_LONG
    response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(f"{file.version}-gz" if packed else file.version)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.make_conditional(request)
    return response
