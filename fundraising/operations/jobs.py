"""Jobs of running the house."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from flask import current_app
from flask_babel import force_locale, gettext

from fundraising.clock import now
from fundraising.db import transaction
from fundraising.logs import get_logger
from fundraising.mailer import DELIVERY_JOB, empty, enqueue
from fundraising.operations.checks import findings
from fundraising.operations.queries import MAIL, Trouble, told_and_not_over, troubles
from fundraising.operations.services.alerts import News, settle
from fundraising.tasks import job
from fundraising.web.locale import DUTCH, lazy_text
from fundraising.web.mails import compose_mail

_WATCH_EVERY = timedelta(minutes=5)
# Seen by three watches in a row.
_GRACE = 2 * _WATCH_EVERY - timedelta(minutes=1)
# Enough to know that something is wrong; `fundraising ledger check` prints all.
_MOST_FINDINGS = 1_000
# Mails emptied in one transaction: gifts come in meanwhile.
_MAILS_AT_ONCE = 500

log = get_logger()


@job(DELIVERY_JOB, every=timedelta(minutes=1), stalled_after=timedelta(minutes=15))
def mail_delivery_job() -> None:
    """Hand over what stands in the outbox."""
    sent = current_app.extensions["deliver_mail"]()
    if sent:
        log.info("mail.delivered", count=sent)


@job("mail-retention", every=timedelta(days=1), stalled_after=timedelta(days=3))
def mail_retention_job() -> None:
    """Empty the mails that were kept long enough."""
    count, more = 0, _MAILS_AT_ONCE
    while more == _MAILS_AT_ONCE:
        with transaction():
            more = empty(_MAILS_AT_ONCE)
        count += more
    log.info("mail.emptied", count=count)


@job("ledger-check", every=timedelta(days=1), stalled_after=timedelta(days=2))
def ledger_check_job() -> None:
    """Check the ledger each night, and tell the administrator when it does not agree."""
    found = list(islice(findings(), _MOST_FINDINGS))
    log.info("ledger.checked", findings=len(found))
    message = lazy_text(
        "Faults that the ledger check found: %(count)s. The first: %(first)s. See `fundraising ledger check`."
    )
    wrong = [Trouble("faults", message, {"count": len(found), "first": f"{f.check}: {f.detail}"}) for f in found[:1]]
    with transaction():
        _tell(settle("ledger", wrong, grace=timedelta(0)))


@job("watch", every=_WATCH_EVERY, stalled_after=timedelta(hours=1))
def watch_job() -> None:
    """Tell the administrator what stalls or fails, and when it is over."""
    with transaction():
        _tell(settle("house", list(troubles(now())), grace=_GRACE))


def _tell(news: News) -> None:
    for trouble in news.troubles:
        # Where mail itself is the trouble, the log is the only way left.
        level = log.critical if trouble.name.startswith(MAIL) else log.error
        level("alert.raised", name=trouble.name, detail=trouble.in_english)
    for name in news.over:
        log.info("alert.over", name=name)
    if news and current_app.config["ALERT_EMAIL"]:
        _mail(news, current_app.config["ALERT_EMAIL"])


def _mail(news: News, address: str) -> None:
    just_told = {trouble.name for trouble in news.troubles}
    with force_locale(DUTCH):
        lines = [trouble.text for trouble in news.troubles]
        lines += [gettext("Over: %(name)s", name=name) for name in news.over]
        lasting = [name for name in told_and_not_over() if name not in just_told]
        lines += [gettext("Not over yet: %(name)s", name=name) for name in lasting]
        well = not (just_told or lasting)
        title = gettext("Giving: all is well again") if well else gettext("Giving: something needs attention")
    enqueue(compose_mail("alert", address, DUTCH, title=title, lines=lines))
