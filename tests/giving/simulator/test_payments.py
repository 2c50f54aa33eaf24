import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from mollie.api.error import NotFoundError, UnprocessableEntityError

from fundraising.giving.simulator import lifecycle
from fundraising.giving.simulator.errors import ApiError
from fundraising.giving.simulator.payers import Payer, default_payer, dutch_iban, is_valid_iban
from fundraising.giving.simulator.server import running_simulator
from fundraising.giving.simulator.settings import SimulatorSettings
from fundraising.giving.simulator.states import PAYMENT_STATES
from fundraising.iban import check
from tests.giving.simulator.conftest import GIFT, make_client

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


def test_a_payment_is_created_open_and_can_be_fetched(client, sim):
    payment = client.payments.create(GIFT | {"method": "ideal", "metadata": {"donation": 7}, "locale": "nl_NL"})

    assert re.fullmatch(r"tr_[A-Za-z0-9]{10}", payment.id)
    assert payment.is_open()
    assert payment.amount == {"currency": "EUR", "value": "1300.00"}
    assert payment.metadata == {"donation": 7}
    assert payment.locale == "nl_NL"
    assert MOMENT.fullmatch(payment.created_at)
    assert MOMENT.fullmatch(payment.expires_at)
    assert payment.checkout_url == f"{sim.url}/checkout/{payment.id}"
    assert dict(client.payments.get(payment.id)) == dict(payment)


def test_a_paid_ideal_payment_names_its_payer_and_its_sums(client, sim):
    payment = client.payments.create(GIFT | {"method": "ideal"})

    lifecycle.reach(sim.world, payment.id, "paid", payer=Payer("W. ten Have", "NL91ABNA0417164300"))

    paid = client.payments.get(payment.id)
    assert paid.is_paid()
    assert paid.status == "paid"
    assert MOMENT.fullmatch(paid.paid_at)
    assert paid.checkout_url is None
    assert paid.details == {
        "consumerName": "W. ten Have",
        "consumerAccount": "NL91ABNA0417164300",
        "consumerBic": "ABNANL2A",
    }
    assert paid.amount_refunded == {"currency": "EUR", "value": "0.00"}
    assert paid.amount_remaining == {"currency": "EUR", "value": "1300.00"}
    assert paid.amount_chargedback is None


def test_made_up_payers_have_ibans_that_a_bank_would_accept():
    for number in range(200):
        payer = default_payer(f"tr_{number}")
        account = payer.account
        assert is_valid_iban(account)
        assert check(account).bic == payer.bic
    assert dutch_iban("ABNA", 417164300) == "NL91ABNA0417164300"
    assert not is_valid_iban("NL92ABNA0417164300")


@pytest.mark.parametrize("status", ["pending", "authorized", "paid", "canceled", "expired", "failed"])
def test_each_state_shows_its_own_moment(client, sim, status):
    payment = client.payments.create(GIFT)

    lifecycle.reach(sim.world, payment.id, status)

    found = client.payments.get(payment.id)
    moments = {key for key in found if key.endswith("At")} - {"createdAt"}
    assert found.status == status
    assert moments == (set() if status == "pending" else {f"{status}At"})


@pytest.mark.parametrize("before", PAYMENT_STATES)
def test_only_documented_transitions_happen(client, sim, before):
    for after in PAYMENT_STATES:
        payment = client.payments.create(GIFT)
        lifecycle.reach(sim.world, payment.id, before)
        allowed = after == before or after in PAYMENT_STATES[before]
        if allowed:
            assert lifecycle.reach(sim.world, payment.id, after).status == after
        else:
            with pytest.raises(ApiError, match=f"A payment that is {before} cannot become {after}"):
                lifecycle.reach(sim.world, payment.id, after)
        assert client.payments.get(payment.id).status == (after if allowed else before)


@pytest.mark.parametrize("final", ["expired", "failed"])
def test_money_that_comes_late_still_counts(client, sim, final):
    payment = client.payments.create(GIFT)
    lifecycle.reach(sim.world, payment.id, final)

    lifecycle.reach(sim.world, payment.id, "paid")

    late = client.payments.get(payment.id)
    assert late.status == "paid"
    assert late.paid_at
    assert f"{final}At" not in late


def test_an_open_payment_expires_by_itself(client, sim):
    payment = client.payments.create(GIFT | {"method": "ideal"})
    transfer = client.payments.create(GIFT | {"method": "banktransfer"})

    sim.world.clock.advance(15 * 60 - 5)
    assert client.payments.get(payment.id).is_open()
    sim.world.clock.advance(10)

    assert client.payments.get(payment.id).is_expired()
    assert client.payments.get(transfer.id).is_open()
    assert [found.status for found in client.payments.list()] == ["open", "expired"]


def test_pages_of_a_list_run_from_new_to_old_and_back(client):
    made = [client.payments.create(GIFT | {"description": f"gift {number}"}).id for number in range(7)]

    pages = [client.payments.list(limit=3)]
    while pages[-1].has_next():
        pages.append(pages[-1].get_next())

    assert [[payment.id for payment in page] for page in pages] == [
        made[:3:-1],
        made[3:0:-1],
        made[:1],
    ]
    assert [page.count for page in pages] == [3, 3, 1]
    assert not pages[0].has_previous()
    assert [payment.id for payment in pages[2].get_previous()] == [payment.id for payment in pages[1]]
    assert [payment.id for payment in pages[1].get_previous()] == [payment.id for payment in pages[0]]
    assert [payment.id for payment in client.payments.list(**{"from": made[4], "limit": 2})] == [made[4], made[3]]
    assert [payment.id for payment in client.payments.list(sort="asc", limit=2)] == made[:2]


def test_an_ascending_list_pages_too(client):
    made = [client.payments.create(GIFT).id for _ in range(5)]

    second = client.payments.list(sort="asc", limit=2).get_next()

    assert [payment.id for payment in second] == made[2:4]
    assert [payment.id for payment in second.get_previous()] == made[:2]


def test_an_empty_list_has_no_neighbours(client):
    page = client.payments.list()

    assert page.count == 0
    assert list(page) == []
    assert not page.has_next()
    assert not page.has_previous()


def test_fifty_payments_make_one_page(client):
    made = [client.payments.create(GIFT).id for _ in range(51)]

    page = client.payments.list()

    assert page.count == 50
    assert [payment.id for payment in page.get_next()] == made[:1]


def test_live_and_test_never_meet(client, live):
    in_test, in_live = client.payments.create(GIFT), live.payments.create(GIFT)

    assert (in_test.mode, in_live.mode) == ("test", "live")
    assert [payment.id for payment in client.payments.list()] == [in_test.id]
    assert [payment.id for payment in live.payments.list()] == [in_live.id]
    for stranger, payment in ((live, in_test), (client, in_live)):
        with pytest.raises(NotFoundError, match=f"No entity exists with token '{payment.id}'"):
            stranger.payments.get(payment.id)
        with pytest.raises(NotFoundError):
            stranger.payments.list(**{"from": payment.id})


def test_a_merchant_may_change_its_own_words(client):
    payment = client.payments.create(GIFT)

    changed = client.payments.update(
        payment.id, {"description": "Other", "redirectUrl": "https://charity.example/other", "metadata": {"a": [1]}}
    )

    assert changed.description == "Other"
    found = client.payments.get(payment.id)
    assert (found.description, found.redirect_url, found.metadata) == (
        "Other",
        "https://charity.example/other",
        {"a": [1]},
    )
    assert found.amount == payment.amount


def test_only_a_bank_transfer_can_be_canceled_by_the_merchant(client):
    transfer = client.payments.create(GIFT | {"method": "banktransfer"})
    ideal = client.payments.create(GIFT | {"method": "ideal"})
    assert (transfer.is_cancelable, ideal.is_cancelable) == (True, False)

    assert client.payments.delete(transfer.id).is_canceled()

    for payment in (transfer, ideal):
        with pytest.raises(UnprocessableEntityError, match="cannot be canceled"):
            client.payments.delete(payment.id)
    assert client.payments.get(ideal.id).is_open()


def test_a_long_description_is_cut_off_as_mollie_does(client):
    assert client.payments.create(GIFT | {"description": "x" * 300}).description == "x" * 255


def test_several_methods_leave_the_choice_to_the_payer(client, sim):
    payment = client.payments.create(GIFT | {"method": ["bancontact", "ideal"]})
    assert payment.method is None

    lifecycle.reach(sim.world, payment.id, "paid", method="bancontact")

    assert client.payments.get(payment.id).method == "bancontact"


def test_a_payment_in_dollars_is_possible(client):
    payment = client.payments.create(GIFT | {"amount": {"currency": "USD", "value": "25.00"}, "method": "creditcard"})

    assert payment.amount == {"currency": "USD", "value": "25.00"}


def test_a_seed_gives_the_same_ids():
    def ids(seed: int) -> list[str]:
        with running_simulator(settings=SimulatorSettings(seed=seed, start_courier=False)) as running:
            payments = make_client(running.url).payments
            return [payments.create(GIFT).id for _ in range(3)]

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)


def test_fifty_callers_at_once_get_a_payment_each(sim):
    def create(number: int) -> str:
        return make_client(sim.url).payments.create(GIFT | {"metadata": {"number": number}}).id

    with ThreadPoolExecutor(50) as callers:
        ids = list(callers.map(create, range(100)))

    assert len(set(ids)) == 100
    listed = make_client(sim.url).payments.list(limit=250)
    assert {payment.metadata["number"] for payment in listed} == set(range(100))


def test_links_lead_to_the_public_address_where_there_is_one():
    settings = SimulatorSettings(public_url="http://localhost:8001/", start_courier=False)
    with running_simulator(settings=settings) as running:
        payment = make_client(running.url).payments.create(GIFT)

        assert payment.checkout_url == f"http://localhost:8001/checkout/{payment.id}"
        assert payment["_links"]["self"]["href"].startswith(f"{running.url}/v2/")
