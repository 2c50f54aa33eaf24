"""Answers in Mollie's form: HAL documents, pages of a list, and errors."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from fundraising.giving.simulator.errors import ApiError, not_found
from fundraising.giving.simulator.store import Entity, Selection
from fundraising.giving.simulator.world import World

HAL = "application/hal+json"
DOCUMENTATION = "https://docs.mollie.com/reference/overview"
DEFAULT_LIMIT = 50
MAXIMUM_LIMIT = 250
_TITLES = {401: "Unauthorized Request", 500: "Internal Server Error"}


def link(href: str, media_type: str = HAL) -> dict[str, str]:
    """Return a link object."""
    return {"href": href, "type": media_type}


def api_url(path: str) -> str:
    """Return an address of this API as the caller reaches it; the client insists that links begin with its endpoint."""
    return f"{request.host_url.rstrip('/')}/v2/{path}"


def documentation() -> dict[str, str]:
    """Return the link that stands in every document."""
    return link(DOCUMENTATION, "text/html")


def answer(body: dict[str, Any], status: int = HTTPStatus.OK) -> Response:
    """Return a HAL document."""
    return Response(json.dumps(body), status, content_type=HAL)


def documented(body: dict[str, Any]) -> dict[str, Any]:
    """Return a resource with the link to its documentation, which refunds and chargebacks carry in a list too."""
    return body | {"_links": body["_links"] | {"documentation": documentation()}}


def single(body: dict[str, Any], status: int = HTTPStatus.OK) -> Response:
    """Return one resource as a document of its own."""
    return answer(documented(body), status)


def refusal(error: ApiError) -> Response:
    """Return an error document: status, title, detail and the field at fault."""
    body: dict[str, Any] = {
        "status": error.status,
        "title": _TITLES.get(error.status) or HTTPStatus(error.status).phrase,
        "detail": error.detail,
    }
    if error.field:
        body["field"] = error.field
    return answer(body | {"_links": {"documentation": documentation()}}, error.status)


def page(world: World, selection: Selection, render: Callable[[Entity], dict[str, Any]], path: str) -> Response:
    """Return the page of a list that the query asks for (`from`, `limit`, `sort`), with links to its neighbours."""
    limit = _limit()
    selection = _sorted(selection)
    start = _start(world, selection)
    found = world.store.page(selection, start, limit + 1)
    previous = None if start is None else world.store.before(selection, start, limit)
    following = found[limit].id if len(found) > limit else None
    items = [render(entity) for entity in found[:limit]]
    return answer(
        {
            "count": len(items),
            "_embedded": {f"{selection.kind}s": items},
            "_links": {
                "self": link(_page_url(path, request.args.get("from"), limit)),
                "previous": link(_page_url(path, previous, limit)) if previous else None,
                "next": link(_page_url(path, following, limit)) if following else None,
                "documentation": documentation(),
            },
        }
    )


def json_body() -> dict[str, Any]:
    """Return the request's JSON object; raises a 400 where it is none. An empty body is an empty object."""
    if not request.get_data():
        return {}
    try:
        data = json.loads(request.get_data())
    except ValueError:
        raise ApiError(400, "The request body is not valid JSON") from None
    if not isinstance(data, dict):
        raise ApiError(400, "The request body should be a JSON object")
    return data


def embeds() -> set[str]:
    """Return what the query asks to embed."""
    return set(filter(None, request.args.get("embed", "").split(",")))


def _page_url(path: str, start: str | None, limit: int) -> str:
    kept = {name: request.args[name] for name in ("embed", "sort") if name in request.args}
    query = ({"from": start} if start else {}) | {"limit": str(limit)} | kept
    return f"{api_url(path)}?{urlencode(query)}"


def _limit() -> int:
    given = request.args.get("limit", "")
    if not given:
        return DEFAULT_LIMIT
    if not given.isdecimal() or not 1 <= int(given) <= MAXIMUM_LIMIT:
        raise ApiError(400, f"The limit should be between 1 and {MAXIMUM_LIMIT}", "limit")
    return int(given)


def _sorted(selection: Selection) -> Selection:
    direction = request.args.get("sort", "desc").lower()
    if direction not in {"asc", "desc"}:
        raise ApiError(400, "The sort should be asc or desc", "sort")
    return Selection(kind=selection.kind, mode=selection.mode, parent=selection.parent, ascending=direction == "asc")


def _start(world: World, selection: Selection) -> int | None:
    first = request.args.get("from")
    if not first:
        return None
    position = world.store.position(selection, first)
    if position is None:
        raise not_found(first)
    return position
