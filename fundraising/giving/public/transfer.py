"""How to transfer a gift from one's own bank: what to type in, and a code that a bank's app reads."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING

from flask import Response, current_app, render_template, request
from segno import helpers

from fundraising.gifts.rules import written_reference
from fundraising.giving.public.blueprint import go_to, pages, status_or_404
from fundraising.giving.public.kept import programme_name
from fundraising.giving.public.thanks import asks_for_address
from fundraising.giving.rules import DonationState

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from fundraising.giving.queries import DonationStatus

_QUIET_ZONE = 4
_MODULE = 5


@pages.get("/bank/<reference>")
def transfer(reference: str) -> AnyResponse | str:
    """The instructions for one gift; also for who gave up paying online. Once it came in, the thanks."""
    status = status_or_404(reference)
    if status.state is DonationState.RECEIVED:
        return go_to("giving.thanks", reference=status.reference)
    # Only the redirect from the form knows whether a mail went: few go to one address.
    return render_template(
        "giving/transfer.html",
        status=status,
        programme_name=programme_name(status.programme_id),
        mailed="gemaild" in request.args,
        asks_for_address=asks_for_address(status),
    )


@pages.get("/bank/<reference>/qr.svg")
def transfer_code(reference: str) -> Response:
    """The same as an EPC QR code."""
    response = Response(epc_qr(status_or_404(reference)), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def epc_qr(status: DonationStatus) -> bytes:
    """An SVG image of the transfer in the form of the European Payments Council (EPC069-12, version 2).

    The reference travels as free text, just as who types the transfer fills it in.
    """
    organisation = current_app.config["ORGANISATION"]
    code = helpers.make_epc_qr(
        name=organisation.account_holder[:70],
        iban=organisation.iban,
        bic=organisation.bic or None,
        amount=Decimal(status.amount.value),
        text=written_reference(status.reference),
        # Written down in the code as character set 1, the one that every banking app reads.
        encoding="utf-8",
    )
    image = io.BytesIO()
    # Dark on white in both modes of the page: scanners want it so. Without classes or styles, which the policy forbids.
    code.save(
        image,
        kind="svg",
        scale=_MODULE,
        border=_QUIET_ZONE,
        dark="#000",
        light="#fff",
        svgclass=None,
        lineclass=None,
        xmldecl=False,
    )
    return image.getvalue()
