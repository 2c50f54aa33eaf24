"""A client that checks every page it gets, and fills in forms as a browser would.

Asserting a status of 200 proves little. Here each page is parsed strictly and must have what every page of ours has: a
title, one heading, a language, unique ids, labels that lead somewhere, no inline script or style, nothing from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import html5lib

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

ASSETS = {"script": "src", "link": "href", "img": "src", "source": "src", "iframe": "src", "object": "data"}
# A link that tells about the page rather than loading something may lead elsewhere.
TELLING_LINKS = frozenset({"canonical", "alternate", "author", "license", "help"})
REQUIRED_HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")
SILENT_INPUTS = frozenset({"submit", "button", "reset", "image"})


@dataclass(frozen=True)
class Page:
    """A checked page."""

    address: str
    response: TestResponse
    root: Element

    @property
    def title(self) -> str:
        return text_of(one(self.root, "title"))

    @property
    def heading(self) -> str:
        return text_of(one(self.root, "h1"))

    @property
    def text(self) -> str:
        """What a reader sees, without scripts and styles."""
        return text_of(one(self.root, "body"))

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements with this tag and these attributes; an underscore stands for a dash: `aria_live="polite"`."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.root.iter(tag)
            if all(value in {element.get(name), *(element.get(name) or "").split()} for name, value in wanted.items())
        ]

    def by_id(self, identity: str) -> Element:
        """The element with this id."""
        found = [element for element in self.root.iter() if element.get("id") == identity]
        assert found, f"no #{identity} on {self.address}"
        return found[0]

    def link(self, words: str) -> str:
        """The address behind the first link that says these words."""
        found = [a.get("href") for a in self.root.iter("a") if words in text_of(a)]
        assert found, f"no link {words!r} on {self.address}"
        return str(found[0])

    def form(self, action: str = "") -> Form:
        """The form whose action ends so; without it, the only form."""
        forms = [
            f for f in self.root.iter("form") if not action or urlsplit(str(f.get("action"))).path.endswith(action)
        ]
        assert len(forms) == 1, f"{len(forms)} forms {action!r} on {self.address}"
        return Form(self, forms[0])


@dataclass(frozen=True)
class Form:
    """A form as a browser sees it."""

    page: Page
    element: Element

    @property
    def action(self) -> str:
        return urljoin(self.page.address, self.element.get("action", ""))

    @property
    def method(self) -> str:
        return self.element.get("method", "get").upper()

    def values(self) -> dict[str, list[str]]:
        """What a browser would send if nobody touched the form."""
        filled: dict[str, list[str]] = {}
        for control in self.element.iter():
            name = control.get("name")
            if name and control.get("disabled") is None:
                filled.setdefault(name, []).extend(_values_of(control))
        return {name: values for name, values in filled.items() if values}

    def filled(self, answers: Mapping[str, str | list[str] | None]) -> dict[str, list[str]]:
        """The values with these answers in them; None empties a control. An answer must fit a control of the form."""
        values = self.values()
        for name, answer in answers.items():
            controls = [c for c in self.element.iter() if c.get("name") == name]
            assert controls, f"no field {name!r} in the form on {self.page.address}"
            given = [] if answer is None else [answer] if isinstance(answer, str) else answer
            _check_offered(controls, given)
            values[name] = given
        return values


class PageClient:
    """A person with a browser without scripts."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str, *, status: int = 200, follow: bool = False) -> Page:
        """Open a page and check it. `status` is what the answer must be."""
        return self._page(self.client.get(address, follow_redirects=follow), status)

    def submit(
        self,
        form: Form,
        answers: Mapping[str, str | list[str] | None] | None = None,
        *,
        button: tuple[str, str] | None = None,
        status: int = 200,
        follow: bool = True,
    ) -> Page:
        """Fill in a form, send it, follow where that leads on this site, and check the page."""
        return self._page(self.send(form, answers, button=button, follow=follow), status)

    def send(
        self,
        form: Form,
        answers: Mapping[str, str | list[str] | None] | None = None,
        *,
        button: tuple[str, str] | None = None,
        follow: bool = False,
    ) -> TestResponse:
        """Send a form and return the bare answer, for who wants to see the redirect."""
        values = form.filled(answers or {})
        if button:
            values[button[0]] = [button[1]]
        if form.method == "GET":
            return self.client.get(form.action, query_string=values, follow_redirects=follow)
        return self.client.post(form.action, data=values, follow_redirects=follow)

    def _page(self, response: TestResponse, status: int) -> Page:
        assert response.status_code == status, (response.status, response.get_data(as_text=True)[:2000])
        return checked(response)


def checked(response: TestResponse) -> Page:
    """The page in a response, checked on everything that every page must be."""
    assert response.mimetype == "text/html", response.mimetype
    root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.get_data(as_text=True))
    page = Page(response.request.url, response, root)
    faults = [*_head_faults(page), *_id_faults(root), *_asset_faults(page), *_inline_faults(root), *_form_faults(root)]
    faults += [f"no header {name}" for name in REQUIRED_HEADERS if name not in response.headers]
    assert not faults, f"{page.address}: " + "; ".join(faults)
    return page


def text_of(element: Element) -> str:
    """An element's words, with single spaces."""
    return " ".join("".join(_words(element)).split())


def one(root: Element, tag: str) -> Element:
    """The one element with a tag."""
    found = list(root.iter(tag))
    assert len(found) == 1, f"{len(found)} <{tag}> elements"
    return found[0]


def _words(element: Element) -> Iterator[str]:
    if element.tag in {"script", "style", "template"} or not isinstance(element.tag, str):
        return
    yield element.text or ""
    for child in element:
        yield from _words(child)
        yield child.tail or ""


def _head_faults(page: Page) -> Iterator[str]:
    if page.root.get("lang") not in {"nl", "en"}:
        yield f"language {page.root.get('lang')!r}"
    for tag in ("title", "h1", "main"):
        found = list(page.root.iter(tag))
        if len(found) != 1 or (tag != "main" and not text_of(found[0])):
            yield f"{len(found)} <{tag}>, or an empty one"
    if not page.all("meta", name="viewport"):
        yield "no viewport"


def _id_faults(root: Element) -> Iterator[str]:
    ids = [identity for element in root.iter() if (identity := element.get("id")) is not None]
    yield from (f"id {identity!r} twice or empty" for identity in set(ids) if ids.count(identity) > 1 or not identity)
    for element in root.iter():
        for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls", "aria-errormessage", "list"):
            for target in (element.get(attribute) or "").split():
                if target not in ids:
                    yield f"{attribute}={target!r} leads nowhere"
        href = element.get("href") or ""
        if href.startswith("#") and href[1:] not in ids:
            yield f"link to {href!r} leads nowhere"


def _asset_faults(page: Page) -> Iterator[str]:
    own = urlsplit(page.address).netloc
    for tag, attribute in ASSETS.items():
        for element in page.root.iter(tag):
            telling = tag == "link" and set((element.get("rel") or "").split()) & TELLING_LINKS
            host = urlsplit(element.get(attribute) or "").netloc
            if host not in {"", own} and not telling:
                yield f"<{tag}> from {host}"


def _inline_faults(root: Element) -> Iterator[str]:
    for element in root.iter():
        yield from (
            f"inline {name} on <{element.tag}>" for name in element.attrib if name == "style" or name[:2] == "on"
        )
        if element.tag == "style" or (element.tag == "script" and not _is_data(element) and element.get("src") is None):
            yield f"inline <{element.tag}>"
        if (element.get("href") or element.get("action") or "").lower().startswith("javascript:"):
            yield f"javascript: in <{element.tag}>"
    yield from ("an image without alt" for image in root.iter("img") if image.get("alt") is None)


def _is_data(script: Element) -> bool:
    return script.get("type") in {"application/json", "application/ld+json"}


def _form_faults(root: Element) -> Iterator[str]:
    labelled = {label.get("for") for label in root.iter("label")}
    wrapped = {id(inner) for label in root.iter("label") for inner in label.iter()}
    for form in root.iter("form"):
        if form.get("action") is None or (form.get("method") or "").lower() not in {"get", "post"}:
            yield "a form without action or method"
    for control in root.iter():
        if control.tag not in {"input", "select", "textarea"} or control.get("type") in {"hidden", *SILENT_INPUTS}:
            continue
        named = control.get("aria-label") or control.get("aria-labelledby")
        if not (named or control.get("id") in labelled or id(control) in wrapped):
            yield f"field {control.get('name')!r} has no label"


def _values_of(control: Element) -> list[str]:
    kind = control.get("type", "text")
    if control.tag == "textarea":
        return [(control.text or "").removeprefix("\n")]
    if control.tag == "select":
        options = list(control.iter("option"))
        chosen = [o for o in options if o.get("selected") is not None] or options[:1]
        return [_option_value(option) for option in chosen]
    if control.tag != "input" or kind in SILENT_INPUTS | {"file"}:
        return []
    if kind in {"checkbox", "radio"}:
        return [control.get("value", "on")] if control.get("checked") is not None else []
    return [control.get("value", "")]


def _option_value(option: Element) -> str:
    return option.get("value", text_of(option))


def _check_offered(controls: list[Element], given: list[str]) -> None:
    kinds = {control.get("type") for control in controls}
    offered: set[str] = set()
    if kinds & {"radio", "checkbox"}:
        offered = {control.get("value", "on") for control in controls}
    elif controls[0].tag == "select":
        offered = {_option_value(option) for option in controls[0].iter("option")}
    assert not offered or offered >= set(given), f"{given} is not among {sorted(offered)}"
