"""The application at an address of its own, with a simulated Mollie beside it: what a donor's browser meets."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import requests
from flask import Flask
from flask_babel import force_locale, gettext
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from fundraising.contacts.rules import PersonName, Salutation
from fundraising.db import session, transaction
from fundraising.gifts.queries import GiftFilter, GiftSummary, gifts
from fundraising.gifts.rules import LedgerMode
from fundraising.giving.jobs import mollie_door, refresh_methods, start_payment, sync_payment
from fundraising.giving.queries import PaymentSummary, payments
from fundraising.giving.rules import Donor, DonorKind, Route, Submission
from fundraising.giving.services.donations import let_promises_lapse, payment_to_use, submit_donation
from fundraising.mailer import MailRow, outbox, texts
from fundraising.money import Euro
from fundraising.programmes.queries import ProgrammeView, programme
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fundraising.giving.simulator.server import RunningSimulator

_numbers = count(1)


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def listening() -> Iterator[BaseWSGIServer]:
    """A server on a free port of this machine that answers as soon as it is given its application."""
    server = make_server("127.0.0.1", 0, Flask("not yet"), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def address_of(server: BaseWSGIServer) -> str:
    """The public address of what it serves."""
    return f"http://localhost:{server.server_port}"


@dataclass(frozen=True)
class Site:
    """A running installation, and what stands in it."""

    url: str
    app: Flask
    mollie: RunningSimulator

    def open_up(self) -> None:
        """Load the programmes, and hear from Mollie how one can pay."""
        with self.app.app_context():
            with transaction():
                load_programmes(read_folder(resource("programmes/data")))
            refresh_methods(mollie_door())

    def say(self, language: str, message: str, **values: object) -> str:
        """What the pages say for a message of the catalogue."""
        with self.app.app_context(), force_locale(language):
            return gettext(message, **values)

    def programme(self, code: str, language: str) -> ProgrammeView:
        with self.app.app_context():
            found = programme(code, language)
        assert found is not None
        return found

    def gifts(self) -> list[GiftSummary]:
        with self.app.app_context():
            return list(gifts(GiftFilter()))

    def mails(self) -> list[MailRow]:
        with self.app.app_context():
            return outbox()

    def link_in_mail(self, kind: str) -> str:
        """The first address of ours in the newest mail of a kind."""
        with self.app.app_context():
            newest = next(mail for mail in outbox() if mail.kind == kind)
            _mail, text = texts(newest.id) or (newest, "")
        found = re.search(rf"{re.escape(self.url)}\S+", text)
        assert found, text
        return found.group()

    def payments(self) -> list[PaymentSummary]:
        """The payments that we keep, the newest first."""
        with self.app.app_context():
            return payments()

    def payments_at_mollie(self) -> list[dict[str, Any]]:
        """The payments that Mollie made, the newest first."""
        answer = requests.get(f"{self.mollie.url}/control/api/payments", timeout=30)
        listed: list[dict[str, Any]] = answer.json()["payments"]
        return listed

    def bank_decides(self, status: str, *, newest: int = 0) -> None:
        """Let the newest payment, or one before it, come to a state while nobody looks."""
        path = f"/control/api/payments/{self.payments_at_mollie()[newest]['id']}/status"
        requests.post(self.mollie.url + path, json={"status": status}, timeout=30).raise_for_status()

    def bank_takes_back(self, amount: str) -> None:
        """Let the donor's bank charge an amount of the newest payment back, as `300.00`."""
        path = f"/control/api/payments/{self.payments_at_mollie()[0]['id']}/chargebacks"
        requests.post(self.mollie.url + path, json={"amount": amount}, timeout=30).raise_for_status()

    def mollie_fails(self, *, times: int) -> None:
        """Let Mollie answer 503 for a while."""
        fault = {"kind": "status", "status": 503, "times": times}
        requests.post(f"{self.mollie.url}/control/api/api-faults", json=fault, timeout=30).raise_for_status()

    def mollie_answers(self) -> None:
        """Let Mollie answer again."""
        requests.delete(f"{self.mollie.url}/control/api/api-faults", timeout=30).raise_for_status()

    def promise(self, route: Route = Route.ONLINE, *, status: str = "open", newsletter: bool = False) -> str:
        """The reference of a gift that was promised without a browser, its payment brought to a state at Mollie."""
        submission = Submission(
            form_nonce=f"promise-{next(_numbers)}",
            programme_id=self.programme("achterblijvers", "nl").id,
            amount=Euro.of(1300),
            route=route,
            method="",
            language="nl",
            source_code="",
            donor=Donor(
                DonorKind.PERSON,
                PersonName(Salutation.MRS, "A.", "", "Bos"),
                "a.bos@example.nl",
                newsletter=newsletter,
            ),
        )
        with self.app.app_context():
            with transaction():
                submitted = submit_donation(submission, mode=LedgerMode.TEST)
            if submitted.payment_id and status != "created":
                self._start(submitted.payment_id, submitted.reference)
        if status not in {"created", "open"}:
            self.bank_decides(status)
        return submitted.reference

    def try_again(self, reference: str) -> None:
        """Make a new payment for a gift whose last one did not succeed."""
        self.sweep()
        with self.app.app_context():
            with transaction():
                payment_id = payment_to_use(reference, mode=LedgerMode.TEST)
            self._start(payment_id, reference)

    def sweep(self) -> None:
        """Look at Mollie for every payment of ours, whether it is time to or not."""
        with self.app.app_context():
            for payment in payments():
                if payment.provider_id:
                    sync_payment(mollie_door(), payment.provider_id)

    def let_lapse(self, at: datetime) -> None:
        """Let every promise lapse whose time is over by then."""
        with self.app.app_context(), transaction():
            let_promises_lapse(at)

    def _start(self, payment_id: int, reference: str) -> None:
        start_payment(mollie_door(), payment_id, redirect_url=f"{self.url}/bedankt/{reference}")
        session().rollback()
