"""Pages of staff about online giving: the giving links."""

from fundraising.giving.views.blueprint import blueprint
from fundraising.giving.views.links import links

__all__ = ["blueprint", "links"]
