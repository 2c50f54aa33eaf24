"""Jobs of running the house."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app

from fundraising.logs import get_logger
from fundraising.mailer import DELIVERY_JOB
from fundraising.tasks import job


@job(DELIVERY_JOB, every=timedelta(minutes=1), stalled_after=timedelta(minutes=15))
def mail_delivery_job() -> None:
    """Hand over what stands in the outbox."""
    sent = current_app.extensions["deliver_mail"]()
    if sent:
        get_logger().info("mail delivered", count=sent)
