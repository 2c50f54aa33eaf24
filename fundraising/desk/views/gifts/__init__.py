"""Gifts for staff: the list, the page of one gift, and what is done to it."""

from __future__ import annotations

from fundraising.desk.views.gifts import correct, listing, page, refund, thanks

__all__ = ["correct", "listing", "page", "refund", "thanks"]
