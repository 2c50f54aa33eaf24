"""The pages for donors, and the address where Mollie says that something happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundraising.giving.public import checkout, give, newsletter, plain, thanks, transfer, via, webhooks
from fundraising.giving.public.blueprint import pages
from fundraising.giving.public.kept import Kept
from fundraising.web.locale import register_public

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["checkout", "give", "init_public", "newsletter", "plain", "thanks", "transfer", "via"]


def init_public(app: Flask) -> None:
    """Register the pages for donors in both languages, and the webhook. Comes after `init_web()`."""
    Kept.init(app)
    register_public(app, pages)
    app.register_blueprint(webhooks.blueprint)
