import re
from pathlib import Path

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from html5lib import HTMLParser

from fundraising.giving.simulator import lifecycle, webhooks
from fundraising.giving.simulator.settings import SimulatorSettings
from tests.giving.simulator.conftest import GIFT


@pytest.fixture
def payment(client):
    return client.payments.create(GIFT | {"description": "Gift <b>ABCD</b>", "cancelUrl": "https://charity.example/no"})


@pytest.fixture
def visit(sim):
    """Fetch or post a page as a browser would, without following redirects; every page must be valid HTML."""

    def go(path: str, data: dict[str, object] | None = None) -> requests.Response:
        verb = "GET" if data is None else "POST"
        response = requests.request(verb, f"{sim.url}{path}", data=data, allow_redirects=False, timeout=30)
        if response.headers["Content-Type"].startswith("text/html"):
            parser = HTMLParser(strict=False)
            parser.parse(response.text)
            assert [error for error in parser.errors if response.status_code in {200, 422}] == []
        return response

    return go


class TestCheckout:
    def test_shows_what_is_to_be_paid_and_that_it_is_a_test(self, visit, payment):
        page = visit(f"/checkout/{payment.id}").text

        assert "Testbetaling — geen echt geld" in page
        assert "€\N{NO-BREAK SPACE}1.300,00" in page
        assert "charity.example" in page
        assert "Gift &lt;b&gt;ABCD&lt;/b&gt;" in page
        assert page.count('name="status"') == 5
        assert 'lang="nl"' in page

    @pytest.mark.parametrize(
        ("status", "target"),
        [
            ("paid", "https://charity.example/thanks/ABCD"),
            ("pending", "https://charity.example/thanks/ABCD"),
            ("failed", "https://charity.example/thanks/ABCD"),
            ("expired", "https://charity.example/thanks/ABCD"),
            ("canceled", "https://charity.example/no"),
        ],
    )
    def test_does_what_the_person_chooses_and_leads_back(self, visit, client, payment, status, target):
        response = visit(f"/checkout/{payment.id}", {"status": status, "method": "bancontact"})

        assert (response.status_code, response.headers["Location"]) == (303, target)
        found = client.payments.get(payment.id)
        assert (found.status, found.method) == (status, "bancontact")

    def test_takes_another_payer(self, visit, client, payment):
        data = {"status": "paid", "consumer_name": "B. de Boer", "consumer_account": "nl91 abna 0417 1643 00"}
        visit(f"/checkout/{payment.id}", data)

        details = client.payments.get(payment.id).details
        assert (details["consumerName"], details["consumerAccount"]) == ("B. de Boer", "NL91ABNA0417164300")

    def test_refuses_an_iban_that_is_none(self, visit, client, payment):
        response = visit(f"/checkout/{payment.id}", {"status": "paid", "consumer_account": "NL91ABNA0417164301"})

        assert response.status_code == 422
        assert "Dit IBAN klopt niet" in response.text
        assert 'value="NL91ABNA0417164301"' in response.text
        assert client.payments.get(payment.id).is_open()

    @pytest.mark.parametrize("data", [{}, {"status": "authorized"}, {"status": "paid", "method": "barter"}])
    def test_refuses_what_it_does_not_offer(self, visit, client, payment, data):
        assert visit(f"/checkout/{payment.id}", data).status_code == 422
        assert client.payments.get(payment.id).is_open()

    def test_a_pending_payment_can_still_succeed_or_fail(self, visit, client, payment):
        visit(f"/checkout/{payment.id}", {"status": "pending"})
        page = visit(f"/checkout/{payment.id}").text
        assert 'value="expired"' not in page

        assert visit(f"/checkout/{payment.id}", {"status": "paid"}).status_code == 303
        assert client.payments.get(payment.id).is_paid()

    def test_a_finished_payment_offers_the_way_back_only(self, visit, client, sim, payment):
        lifecycle.reach(sim.world, payment.id, "paid")
        page = visit(f"/checkout/{payment.id}").text

        assert "Deze betaling is <strong>betaald</strong>" in re.sub(r"\s+", " ", page)
        assert 'name="status"' not in page
        assert 'href="https://charity.example/thanks/ABCD"' in page
        assert visit(f"/checkout/{payment.id}", {"status": "canceled"}).status_code == 422
        assert client.payments.get(payment.id).status == "paid"

    def test_a_payment_whose_time_has_passed_is_expired(self, visit, sim, payment):
        sim.world.clock.advance(3600)

        assert visit(f"/checkout/{payment.id}", {"status": "paid"}).status_code == 422

    def test_only_methods_that_suit_are_offered(self, visit, client):
        large = client.payments.create(GIFT | {"amount": {"currency": "EUR", "value": "20000.00"}})
        one = client.payments.create(GIFT | {"method": "ideal"})

        assert 'value="creditcard"' not in visit(f"/checkout/{large.id}").text
        assert 'name="method"' not in visit(f"/checkout/{one.id}").text

    def test_an_unknown_payment_is_not_found(self, visit):
        assert visit("/checkout/tr_unknown").status_code == 404


class TestControl:
    def test_lists_payments_of_both_modes(self, visit, client, live):
        ids = [client.payments.create(GIFT).id, live.payments.create(GIFT).id]

        page = visit("/control").text

        assert all(f"/control/payments/{payment_id}" in page for payment_id in ids)
        assert "(live)" in page

    def test_refunds_and_charges_back_amounts_as_the_dutch_type_them(self, visit, client, sim, payment):
        lifecycle.reach(sim.world, payment.id, "paid")
        at = f"/control/payments/{payment.id}"

        assert visit(f"{at}/refunds", {"amount": "€ 1.000,50", "status": "refunded"}).headers["Location"] == at
        assert visit(f"{at}/refunds", {"amount": "", "status": "pending"}).status_code == 303
        assert visit(f"{at}/chargebacks", {"amount": "1.200", "reason_code": "MD06"}).status_code == 303

        refunds = client.refunds.list()
        assert [refund.amount["value"] for refund in refunds] == ["299.50", "1000.50"]
        assert client.chargebacks.list()[0].amount["value"] == "1200.00"
        assert visit(f"/control/refunds/{refunds[0].id}/status", {"status": "failed"}).headers["Location"] == at
        chargeback = client.chargebacks.list()[0]
        assert visit(f"/control/chargebacks/{chargeback.id}/reverse", {}).headers["Location"] == at
        assert client.chargebacks.list()[0]["reversedAt"]
        page = visit(at).text
        assert "mislukt" in page
        assert "teruggedraaid" in page

    @pytest.mark.parametrize("amount", ["2000", "abc", "1,234", "-5", "0"])
    def test_says_why_an_amount_is_refused(self, visit, sim, payment, amount):
        lifecycle.reach(sim.world, payment.id, "paid")

        response = visit(f"/control/payments/{payment.id}/refunds", {"amount": amount, "status": "pending"})

        assert response.status_code == 422
        assert "Dat kan niet" in response.text

    def test_changes_a_state_and_sends_another_webhook(self, visit, sim, client):
        payment = client.payments.create(GIFT | {"webhookUrl": "http://127.0.0.1:9/hook"})
        at = f"/control/payments/{payment.id}"

        assert visit(f"{at}/status", {"status": "failed"}).status_code == 303
        assert visit(f"{at}/status", {"status": "canceled"}).status_code == 422
        assert visit(f"{at}/webhook", {}).status_code == 303

        assert client.payments.get(payment.id).is_failed()
        assert [row["reason"] for row in webhooks.queue(sim.world)] == ["by hand", "payment failed"]
        assert "by hand" in visit("/control").text

    def test_sets_faults_clock_and_methods(self, visit, sim, control):
        visit("/control/webhook-faults", {"delay_seconds": "2.5", "duplicates": "1", "lose_next": "3"})
        visit("/control/api-faults", {"fault": "429", "times": "2"})
        visit("/control/api-faults", {"fault": "hang", "times": "1", "seconds": "3"})
        visit("/control/clock", {"advance_minutes": "10", "speed": "60"})
        visit("/control/methods", {"on": ["ideal", "paypal"]})

        expected = {"delay_seconds": 2.5, "duplicates": 1, "reorder_seconds": 0.0, "lose_next": 3}
        assert control("GET", "webhook-faults")[1] == expected
        assert [fault["kind"] for fault in control("GET", "api-faults")[1]["faults"]] == ["status", "hang"]
        assert sim.world.clock.offset >= 600
        assert control("GET", "methods")[1]["on"] == ["ideal", "paypal"]
        page = visit("/control").text
        assert "antwoord 429" in re.sub(r"\s+", " ", page)
        visit("/control/api-faults/clear", {})
        assert control("GET", "api-faults")[1]["faults"] == []

    @pytest.mark.parametrize(
        ("path", "data"),
        [
            ("clock", {"speed": "0"}),
            ("clock", {"speed": "fast"}),
            ("clock", {"speed": "1", "advance_minutes": "-5"}),
            ("clock", {"speed": "inf"}),
            ("api-faults", {"fault": "flood", "times": "1"}),
            ("webhook-faults", {"delay_seconds": "long"}),
        ],
    )
    def test_a_wrong_setting_is_a_bad_request(self, visit, path, data):
        assert visit(f"/control/{path}", data).status_code == 400

    def test_an_unknown_thing_is_not_found(self, visit):
        assert visit("/control/payments/tr_unknown").status_code == 404
        assert visit("/control/refunds/re_unknown/status", {"status": "failed"}).status_code == 404
        assert visit("/control/payments/tr_unknown/status", {"status": "paid"}).status_code == 404


class TestControlApi:
    def test_lists_with_filters(self, control, client, live):
        paid, opened = client.payments.create(GIFT), client.payments.create(GIFT)
        live.payments.create(GIFT)
        control("POST", f"payments/{paid.id}/status", {"status": "paid", "consumer_name": "B. de Boer"})

        def ids(query: str) -> list[str]:
            return [payment["id"] for payment in control("GET", f"payments{query}")[1]["payments"]]

        assert len(ids("")) == 3
        assert ids("?status=paid") == [paid.id]
        assert ids("?mode=test") == [opened.id, paid.id]
        assert len(ids("?limit=1")) == 1
        found = control("GET", f"payments/{paid.id}")[1]
        assert found["details"]["consumerName"] == "B. de Boer"
        assert found["_embedded"] == {"refunds": [], "chargebacks": []}

    def test_moves_money(self, control, client):
        payment = client.payments.create(GIFT)
        at = f"payments/{payment.id}"
        control("POST", f"{at}/status", {"status": "paid"})

        status, refund = control("POST", f"{at}/refunds", {"amount": "10.00", "status": "queued"})
        assert (status, refund["status"], refund["amount"]["value"]) == (201, "queued", "10.00")
        assert control("POST", f"refunds/{refund['id']}/status", {"status": "refunded"})[1]["status"] == "refunded"
        assert control("POST", f"refunds/{refund['id']}/status", {"status": "pending"})[0] == 422
        status, chargeback = control("POST", f"{at}/chargebacks", {"reason_code": "MS03"})
        assert (status, chargeback["amount"]["value"]) == (201, "1300.00")
        assert control("POST", f"chargebacks/{chargeback['id']}/reverse")[1]["reversedAt"]

    @pytest.mark.parametrize(
        ("path", "data", "status"),
        [
            ("payments/tr_unknown/status", {"status": "paid"}, 404),
            ("payments/{id}/status", {"status": "rich"}, 422),
            ("payments/{id}/status", {}, 422),
            ("payments/{id}/status", {"status": "paid", "consumer_account": "NL00"}, 422),
            ("payments/{id}/refunds", {"amount": "10"}, 422),
            ("refunds/re_unknown/status", {"status": "failed"}, 404),
            ("chargebacks/chb_unknown/reverse", {}, 404),
            ("nothing", {}, 404),
        ],
    )
    def test_refuses_in_mollies_shape(self, control, client, path, data, status):
        payment = client.payments.create(GIFT)

        answered, body = control("POST", path.format(id=payment.id), data)

        assert (answered, body["status"]) == (status, status)

    def test_says_that_it_is_alive(self, sim):
        assert requests.get(f"{sim.url}/healthz", timeout=30).json() == {"status": "ok"}


@pytest.mark.browser
class TestInABrowser:
    @pytest.fixture
    def simulator_settings(self):
        return SimulatorSettings(start_courier=False)

    @pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
    def test_the_pages_are_accessible_and_fit(self, sim, client, new_context, width, scheme):
        opened = client.payments.create(GIFT | {"description": "Ontwikkelingssamenwerkingsorganisatie" * 4})
        paid = client.payments.create(GIFT | {"webhookUrl": "http://127.0.0.1:9/hook"})
        lifecycle.reach(sim.world, paid.id, "paid")
        lifecycle.refund(sim.world, paid.id, lifecycle.RefundOrder(cents=100))
        lifecycle.charge_back(sim.world, paid.id, cents=100)
        webhooks.deliver_due(sim.world)
        paths = (f"/checkout/{opened.id}", f"/checkout/{paid.id}", "/control", f"/control/payments/{paid.id}")
        page = new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
        for path in paths:
            page.goto(f"{sim.url}{path}")
            found = Axe().run(page)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path

    def test_a_gift_is_paid_by_keyboard_alone(self, sim, client, page):
        back = f"{sim.url}/healthz"
        payment = client.payments.create(GIFT | {"redirectUrl": back, "method": "ideal"})
        page.goto(payment.checkout_url)
        for _ in range(10):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.value") == "paid":
                break
        page.keyboard.press("Enter")
        page.wait_for_url(back)

        assert client.payments.get(payment.id).is_paid()


def test_the_simulator_carries_its_own_pages():
    pages = Path(lifecycle.__file__).parent / "pages"

    assert {path.name for path in pages.glob("*.html")} >= {"checkout.html", "control.html", "payment.html"}
    assert (pages / "static" / "simulator.css").is_file()
