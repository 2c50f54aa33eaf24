"""Going through a page by keyboard alone, seeing at every step where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The mark may stand on the element or on the card around it, and must stand where the reader looks.
_MARKED = """() => {
  const here = document.activeElement;
  const box = here.getBoundingClientRect();
  const marks = [here, here.closest("label")].filter(Boolean).map(one => getComputedStyle(one));
  const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return seen && marks.some(mark => mark.outlineStyle !== "none" && parseFloat(mark.outlineWidth) >= 2);
}"""
_HERE = "document.activeElement.outerHTML.slice(0, 200)"


class Keyboard:
    """Presses keys on a page; every element that Tab reaches must show that it was reached."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        self._page.keyboard.type(text)

    def is_at(self, selector: str) -> bool:
        return bool(self._page.evaluate("selector => document.activeElement.matches(selector)", selector))

    def tab(self) -> None:
        """To the next element."""
        self.press("Tab")
        assert self._page.evaluate(_MARKED), f"no visible focus: {self._page.evaluate(_HERE)}"

    def tab_to(self, selector: str, *, most: int = 40) -> None:
        """On and on until this is reached."""
        for _ in range(most):
            self.tab()
            if self.is_at(selector):
                return
        raise AssertionError(f"{selector} is not reached by {most} times Tab")

    def fill(self, selector: str, text: str) -> None:
        self.tab_to(selector)
        self.type(text)
