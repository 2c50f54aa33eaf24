"""Every public page in every state, and how to get there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fundraising import clock
from fundraising.giving.rules import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.donor import Donor

# What stands open at these addresses needs nothing to be there.
OPEN = {
    "home": "/",
    "herstelwerk": "/steun/herstelwerk",
    "achterblijvers": "/steun/achterblijvers",
    "privacy": "/privacy",
    "anbi": "/anbi",
    "newsletter that expired": "/nieuwsbrief/onzin",
    "nothing": "/bestaat-niet",
}
PAYMENTS = ("created", "open", "pending", "failed", "canceled", "expired", "paid")


def on_the_way_to_the_checkout(donor: Donor) -> None:
    # An answer without content leaves the browser where it is.
    donor.page.route("**/checkout/*", lambda route: route.fulfill(status=204))
    donor.go(f"/betaling/{donor.site.promise()}")
    donor.at("/betaling/")


def transfer(donor: Donor) -> None:
    donor.go(f"/bank/{donor.site.promise(Route.TRANSFER)}")


def transfer_expected(donor: Donor) -> None:
    donor.go(f"/bedankt/{donor.site.promise(Route.TRANSFER)}")


def transfer_lapsed(donor: Donor) -> None:
    reference = donor.site.promise(Route.TRANSFER)
    donor.site.let_lapse(clock.now() + timedelta(days=61))
    donor.go(f"/bedankt/{reference}")


def paid_twice(donor: Donor) -> None:
    reference = donor.site.promise(status="failed")
    donor.site.try_again(reference)
    donor.site.bank_decides("paid", newest=0)
    donor.site.bank_decides("paid", newest=1)
    donor.site.sweep()
    donor.go(f"/bedankt/{reference}")


def mistakes(donor: Donor) -> None:
    donor.go("/steun/achterblijvers")
    donor.other_amount("60.000")
    donor.page.locator("#kind").select_option("church")
    donor.fill_in(given_name="", surname="", email="anna@gmial")
    donor.add(iban="NL61", phone="1", message="x" * 80)
    donor.send()
    donor.page.locator("#errors").wait_for()


def mistaken_address(donor: Donor) -> None:
    donor.go(f"/bedankt/{donor.site.promise(status='paid')}")
    donor.page.locator("details:has(#street) summary").click()
    donor.page.locator("details:has(#street) button").click()
    donor.page.locator("#errors").wait_for()


def refused(donor: Donor) -> None:
    """Someone fills in what people do not see."""
    donor.go("/steun/herstelwerk")
    donor.page.locator("[name=website]").evaluate("field => { field.value = 'x'; field.form.submit(); }")
    donor.page.locator("form.giving").wait_for(state="detached")


def newsletter(donor: Donor) -> None:
    donor.site.promise(status="paid", newsletter=True)
    donor.site.sweep()
    donor.page.goto(donor.site.link_in_mail("newsletter_confirmation"))


def newsletter_confirmed(donor: Donor) -> None:
    newsletter(donor)
    donor.button("Yes, send me the newsletter").click()
    donor.heading("Thank you, you will receive our newsletter")


def _open(path: str) -> Callable[[Donor], None]:
    return lambda donor: donor.go(path)


def _thanks(status: str) -> Callable[[Donor], None]:
    return lambda donor: donor.go(f"/bedankt/{donor.site.promise(status=status)}")


def _taken_back(amount: str) -> Callable[[Donor], None]:
    def go(donor: Donor) -> None:
        reference = donor.site.promise(status="paid")
        donor.site.bank_takes_back(amount)
        donor.site.sweep()
        donor.go(f"/bedankt/{reference}")

    return go


KINDS: dict[str, dict[str, Callable[[Donor], None]]] = {
    "open": {name: _open(path) for name, path in OPEN.items()},
    "payments": {
        **{f"payment {status}": _thanks(status) for status in PAYMENTS},
        "paid twice": paid_twice,
        "returned": _taken_back("1300.00"),
        "partly returned": _taken_back("300.00"),
        "on the way to the checkout": on_the_way_to_the_checkout,
    },
    "transfers": {
        "transfer": transfer,
        "transfer expected": transfer_expected,
        "transfer lapsed": transfer_lapsed,
    },
    "answers": {
        "mistakes": mistakes,
        "mistaken address": mistaken_address,
        "refused": refused,
        "newsletter": newsletter,
        "newsletter confirmed": newsletter_confirmed,
    },
}
PLACES = {name: go for places in KINDS.values() for name, go in places.items()}
