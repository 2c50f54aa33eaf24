import pytest
from mollie.api.error import RequestError, ResponseError
from requests import Session

from tests.giving.simulator.conftest import GIFT, make_client, wait_until


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_next_calls_are_answered_with_an_error(client, control, status):
    assert control("POST", "api-faults", {"kind": "status", "status": status, "times": 2})[0] == 201

    for _ in range(2):
        with pytest.raises(ResponseError) as refused:
            client.payments.create(GIFT)
        assert refused.value.status == status

    assert client.payments.list().count == 0
    assert client.payments.create(GIFT).is_open()


def test_a_fault_may_wait_for_its_method_and_path(client, control):
    control("POST", "api-faults", {"kind": "status", "status": 500, "method": "POST", "path": "/v2/payments"})

    assert client.payments.list().count == 0
    assert client.methods.list().count > 0
    with pytest.raises(ResponseError):
        client.payments.create(GIFT)


def test_a_call_that_hangs_is_done_all_the_same(sim, client, control, hanging):
    control("POST", "api-faults", {"kind": "hang", "seconds": 60})
    hasty = make_client(sim.url)
    hasty.set_timeout((30, 0.1))

    with pytest.raises(RequestError):
        hasty.payments.create(GIFT)
    assert client.payments.list().count == 0
    hanging.let_go()
    wait_until(lambda: client.payments.list().count == 1)


def test_a_connection_dropped_before_does_nothing(client, control):
    control("POST", "api-faults", {"kind": "drop_before"})

    with pytest.raises(RequestError):
        client.payments.create(GIFT)

    assert client.payments.list().count == 0


def test_a_connection_dropped_after_has_made_the_payment(client, control):
    control("POST", "api-faults", {"kind": "drop_after"})

    with pytest.raises(RequestError):
        client.payments.create(GIFT | {"metadata": {"donation": 7}})

    assert [payment.metadata for payment in client.payments.list()] == [{"donation": 7}]


def test_faults_are_listed_counted_down_and_cleared(client, control):
    control("POST", "api-faults", {"kind": "status", "status": 500, "times": 3})
    control("POST", "api-faults", {"kind": "hang", "seconds": 1})
    with pytest.raises(ResponseError):
        client.payments.list()

    [first, second] = control("GET", "api-faults")[1]["faults"]
    assert (first["times"], second["kind"]) == (2, "hang")
    assert control("DELETE", "api-faults") == (200, {"faults": []})
    assert client.payments.list().count == 0


@pytest.mark.parametrize("data", [{}, {"kind": "flood"}, {"kind": "hang", "seconds": -1}, {"kind": "hang", "x": 1}])
def test_a_wrong_fault_is_refused(control, data):
    assert control("POST", "api-faults", data)[0] == 422


def test_faults_do_not_touch_the_control_api_or_the_pages(sim, control):
    control("POST", "api-faults", {"kind": "status", "status": 500, "times": 9})

    assert control("GET", "payments")[0] == 200
    with Session() as session:
        assert session.get(f"{sim.url}/control", timeout=30).status_code == 200
