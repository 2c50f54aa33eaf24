"""What a donor is told after paying, or after not paying; and how to transfer a gift."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from fundraising import clock
from fundraising.db import session, transaction
from fundraising.gifts.rules import new_reference, written_reference
from fundraising.giving import queries
from fundraising.giving.models import Donation
from fundraising.giving.rules import DonationState
from fundraising.giving.services.donations import let_promises_lapse
from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.faults import add_api_fault
from fundraising.mailer import OutgoingMail
from tests.giving.giving_form import Visitor

pytestmark = pytest.mark.sqlite_only
ADDRESS = {"street": "Dorpsstraat", "house_number": "12", "postcode": "1234ab", "town": "Ede"}


@pytest.fixture
def visitor(house):
    return Visitor(house.app)


def reach(house, reference: str, status: str) -> None:
    """Let the newest payment of a donation come to a status at Mollie."""
    lifecycle.reach(house.mollie.world, queries.donation_status(reference).provider_id, status)


def outcome(page) -> str:
    """What the page says became of the gift."""
    return page.by_id("outcome").get("data-outcome")


def donation_of(reference: str) -> Donation:
    return session().query(Donation).filter_by(reference=reference).one()


@pytest.mark.parametrize(
    ("status", "told", "heading", "can_try_again"),
    [
        ("paid", "received", "Hartelijk dank voor uw gift", False),
        ("pending", "pending", "Dank u wel, uw betaling is onderweg", False),
        ("open", "open", "We wachten nog op uw betaling", True),
        ("failed", "failed", "De betaling is niet gelukt", True),
        ("canceled", "canceled", "De betaling is geannuleerd", True),
        ("expired", "expired", "De tijd om te betalen is verstreken", True),
    ],
)
def test_the_truth_for_each_state(visitor, house, status, told, heading, can_try_again):
    reference = visitor.give()
    if status != "open":
        reach(house, reference, status)
    page = visitor.pages.get(f"/bedankt/{reference}")
    assert (outcome(page), page.heading) == (told, heading)
    assert bool([form for form in page.all("form") if form.get("action", "").endswith("/opnieuw")]) is can_try_again
    assert written_reference(reference) in page.text
    assert "1.000" not in page.text
    assert "500" in page.text
    for personal in ("Sluis", "a.sluis", "example.nl"):
        assert personal not in page.response.text
    assert page.all("meta", name="robots")[0].get("content") == "noindex"


@pytest.mark.parametrize("address", ["bedankt", "betaling", "bank", "bank/%s/qr.svg", "bedankt/%s/stand"])
@pytest.mark.parametrize("forged", [True, False])
def test_a_reference_that_is_not_ours(visitor, address, forged):
    reference = "AAAAAAAAAAAA" if forged else new_reference()
    path = address % reference if "%" in address else f"{address}/{reference}"
    assert visitor.pages.client.get("/" + path).status_code == 404


def test_a_reference_as_somebody_types_it(visitor):
    reference = visitor.give()
    assert visitor.pages.get(f"/bedankt/{written_reference(reference).lower()}").heading


def test_while_it_moves_the_page_looks_again_less_and_less_often(visitor):
    reference = visitor.give()
    page = visitor.pages.get(f"/bedankt/{reference}")
    delays = []
    for _ in range(20):
        again = [meta for meta in page.all("meta") if meta.get("http-equiv") == "refresh"]
        if not again:
            break
        delay, _, address = again[0].get("content").partition("; url=")
        delays.append(int(delay))
        page = visitor.pages.get(address)
    assert delays == sorted(delays)
    assert 5 < len(delays) < 12
    assert page.by_id("outcome").get("data-watch") is None


def test_the_script_asks_for_the_state_alone(visitor, house):
    reference = visitor.give()
    page = visitor.pages.get(f"/bedankt/{reference}")
    watch = page.by_id("outcome").get("data-watch")
    assert visitor.pages.client.get(watch).json == {"outcome": "open"}
    house.app.extensions.pop("giving_looked")
    reach(house, reference, "paid")
    assert visitor.pages.client.get(watch).json == {"outcome": "received"}


def test_returning_books_the_gift_before_any_webhook(visitor, house):
    reference = visitor.give()
    reach(house, reference, "paid")
    visitor.pages.get(f"/bedankt/{reference}")
    assert donation_of(reference).state is DonationState.RECEIVED


def test_mollie_is_asked_at_most_every_few_seconds(visitor, house):
    reference = visitor.give()
    visitor.pages.get(f"/bedankt/{reference}")
    reach(house, reference, "paid")
    for _ in range(5):
        visitor.pages.get(f"/bedankt/{reference}")
    assert donation_of(reference).state is DonationState.PROMISED


def test_a_second_try_is_looked_at_at_once(visitor, house):
    reference = visitor.give()
    reach(house, reference, "canceled")
    visitor.pages.submit(visitor.pages.get(f"/bedankt/{reference}").form("/opnieuw"))
    reach(house, reference, "paid")
    assert outcome(visitor.pages.get(f"/bedankt/{reference}")) == "received"


def test_where_mollie_fails_the_page_shows_what_is_known(visitor, house):
    reference = visitor.give()
    add_api_fault(house.mollie.world.store, {"kind": "status", "status": 500, "method": "GET"})
    page = visitor.pages.get(f"/bedankt/{reference}")
    assert page.form("/opnieuw")


def test_where_mollie_hangs_the_page_does_not(visitor, house, hanging):
    reference = visitor.give()
    add_api_fault(house.mollie.world.store, {"kind": "hang", "seconds": 60, "method": "GET"})
    visitor.pages.get(f"/bedankt/{reference}")
    assert not hanging.went_on


def test_trying_again_goes_on_with_an_open_payment(visitor):
    reference = visitor.give()
    form = visitor.pages.get(f"/bedankt/{reference}").form("/opnieuw")
    first, second = visitor.pages.send(form), visitor.pages.send(form)
    assert first.headers["Location"] == second.headers["Location"] == f"/betaling/{reference}"
    assert len(queries.payments()) == 1


@pytest.mark.parametrize("status", ["failed", "canceled", "expired"])
def test_trying_again_after_a_failure_is_a_new_payment_of_the_same_gift(visitor, house, status):
    reference = visitor.give()
    reach(house, reference, status)
    page = visitor.pages.submit(visitor.pages.get(f"/bedankt/{reference}").form("/opnieuw"))
    assert page.response.request.path == f"/betaling/{reference}"
    assert [payment.attempt for payment in queries.payments()] == [2, 1]
    # Whose card was refused may want to pay by iDEAL: the new one leaves the way to pay to Mollie's page.
    assert [payment.method for payment in queries.payments()] == ["", "ideal"]


def test_what_was_paid_meanwhile_is_not_tried_again(visitor, house):
    reference = visitor.give()
    form = visitor.pages.get(f"/bedankt/{reference}").form("/opnieuw")
    reach(house, reference, "paid")
    assert outcome(visitor.pages.submit(form)) == "received"
    assert len(queries.payments()) == 1


def test_back_to_the_checkout_page_after_paying_tells_the_truth(visitor, house):
    reference = visitor.give()
    reach(house, reference, "paid")
    visitor.pages.get(f"/bedankt/{reference}")
    assert outcome(visitor.pages.get(f"/betaling/{reference}", follow=True)) == "received"


class TestPostalAddress:
    def paid(self, visitor, house) -> str:
        reference = visitor.give()
        reach(house, reference, "paid")
        return reference

    def test_it_is_kept_and_never_shown(self, visitor, house):
        reference = self.paid(visitor, house)
        form = visitor.pages.get(f"/bedankt/{reference}").form()
        page = visitor.pages.submit(form, ADDRESS)
        donor = donation_of(reference).donor
        assert (donor.street, donor.postcode) == ("Dorpsstraat", "1234 AB")
        assert "Dorpsstraat" not in page.text
        assert "adres" in page.text

    def test_a_mistake_is_told_at_the_field(self, visitor, house):
        reference = self.paid(visitor, house)
        form = visitor.pages.get(f"/bedankt/{reference}").form()
        page = visitor.pages.submit(form, ADDRESS | {"postcode": "12345"}, status=422)
        assert page.by_id("postcode").get("aria-invalid") == "true"
        assert page.form().values()["street"] == ["Dorpsstraat"]

    def test_an_hour_later_nobody_is_asked(self, visitor, house):
        reference = self.paid(visitor, house)
        form = visitor.pages.get(f"/bedankt/{reference}").form()
        with clock.standing_still(clock.now() + timedelta(minutes=61)):
            page = visitor.pages.get(f"/bedankt/{reference}")
        assert page.all("input", name="street") == []
        with clock.standing_still(clock.now() + timedelta(hours=3)):
            assert visitor.pages.send(form, ADDRESS).status_code == 403
        assert donation_of(reference).donor.street == ""

    def test_a_reference_alone_does_not_do(self, visitor, house):
        reference = self.paid(visitor, house)
        other = visitor.give(email="ander@example.nl")
        reach(house, other, "paid")
        token = visitor.pages.get(f"/bedankt/{other}").form().values()["token"][0]
        for forged in ("", "x.y.z", token):
            answer = visitor.pages.client.post(f"/bedankt/{reference}", data=ADDRESS | {"token": forged})
            assert answer.status_code == 403
        assert donation_of(reference).donor.street == ""


class TestTransfer:
    def test_everything_that_a_bank_asks(self, visitor):
        page = visitor.submit(method="transfer", amount="other", other_amount="1234,5")
        reference = page.response.request.path.rpartition("/")[2]
        for fact in ("€ 1.234,50", "NL61 INGB 0006 3914 16", "Gevangenzorg Nederland", written_reference(reference)):
            assert fact in page.text
        assert "Sluis" not in page.response.text

    def test_the_code_is_read_by_a_scanner(self, visitor):
        import zxingcpp

        from fundraising.giving.public.transfer import epc_qr

        reference = visitor.give(method="transfer", amount="other", other_amount="25")
        answer = visitor.pages.client.get(f"/bank/{reference}/qr.svg")
        assert answer.mimetype == "image/svg+xml"
        assert b"style=" not in answer.data
        [code] = zxingcpp.read_barcodes(rendered(answer.data))
        lines = code.text.split("\n")
        assert lines[:4] == ["BCD", "002", "1", "SCT"]
        assert lines[4:8] == ["INGBNL2A", "Gevangenzorg Nederland", "NL61INGB0006391416", "EUR25"]
        assert lines[-1] == written_reference(reference)
        with visitor.app.test_request_context():
            assert epc_qr(queries.donation_status(reference)) == answer.data

    def test_it_is_expected_until_it_lapses(self, visitor):
        reference = visitor.give(method="transfer")
        expected = visitor.pages.get(f"/bedankt/{reference}").heading
        with clock.standing_still(clock.now() + timedelta(days=61)), transaction():
            let_promises_lapse(clock.now())
        lapsed = visitor.pages.get(f"/bedankt/{reference}")
        assert lapsed.heading != expected
        assert f"/bank/{reference}" in [link.get("href") for link in lapsed.all("a")]

    def test_who_gave_up_paying_can_transfer_with_the_same_reference(self, visitor):
        reference = visitor.give()
        page = visitor.pages.get(visitor.pages.get(f"/bedankt/{reference}").link("maak het zelf over"))
        assert written_reference(reference) in page.text
        # No mail was sent to who meant to pay online, so none is promised.
        assert len(page.all("ol")[0]) == 2

    def test_a_mail_is_promised_only_where_one_was_sent(self, visitor):
        steps = [len(visitor.submit(method="transfer").all("ol")[0]) for _ in range(4)]
        assert steps == [3, 3, 3, 2]
        assert session().query(OutgoingMail).count() == 3

    def test_it_leads_to_where_an_address_is_asked_while_it_is_asked(self, visitor):
        reference = visitor.give(method="transfer")
        asked = f"/bedankt/{reference}#statement"
        page = visitor.pages.get(f"/bank/{reference}")
        assert asked in [link.get("href") for link in page.all("a")]
        assert visitor.pages.get(asked).by_id("statement") is not None
        with clock.standing_still(clock.now() + timedelta(hours=2)):
            late = visitor.pages.get(f"/bank/{reference}")
        assert asked not in [link.get("href") for link in late.all("a")]


def rendered(svg: bytes):
    """The image as a screen shows it: the dark strokes of the code's one path, each a run of modules, on white."""
    from PIL import Image, ImageDraw

    text = svg.decode()
    size = int(re.search(r'width="(\d+)"', text)[1])
    scale = int(re.search(r"scale\((\d+)\)", text)[1])
    [dark] = [path for path in re.findall(r"<path[^>]+>", text) if "stroke=" in path]
    image = Image.new("L", (size, size), 255)
    x = y = 0.0
    for command, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", re.search(r' d="([^"]+)"', dark)[1]):
        if command == "h":
            box = [scale * x, scale * (y - 0.5), scale * (x + float(first)) - 1, scale * (y + 0.5) - 1]
            ImageDraw.Draw(image).rectangle(box, fill=0)
            x += float(first)
        else:
            x, y = (float(first), float(second)) if command == "M" else (x + float(first), y + float(second))
    return image
