"""Logs tell what happened and where, and nothing about anybody."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from fundraising.db import transaction
from fundraising.logs import configure_logging, get_logger, masked, summary
from tests.factories.contacts import person


@pytest.fixture
def as_json():
    configure_logging(production=True)
    yield
    configure_logging(production=False)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("no mailbox anna.van-den.berg@example.nl here", "no mailbox [e-mail] here"),
        ("<anna@example.nl>: refused", "<[e-mail]>: refused"),
        ("Key (iban)=(NL61INGB0006391416) exists", "Key (iban)=([iban]) exists"),
        ("from NL61 INGB 0006 3914 16 today", "from [iban] today"),
        ("BE68539007547034", "[iban]"),
        ("payment tr_7UhSN1zuXS of 1000.00 EUR", "payment tr_7UhSN1zuXS of 1000.00 EUR"),
    ],
)
def test_what_names_somebody_is_masked(said, kept):
    assert masked(said) == kept


def test_an_error_is_told_in_one_line():
    assert summary(ValueError("first\nsecond")) == "ValueError: first"
    assert summary(KeyError()) == "KeyError"
    assert len(summary(ValueError("x" * 1000))) < 330


def test_production_writes_one_json_object_a_line(as_json, capsys):
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        get_logger().info("mail.sent", mail=12)
        logging.getLogger("elsewhere").warning("it took %s seconds for %s", 3, "anna@example.nl")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert ours.items() >= {"event": "mail.sent", "mail": 12, "level": "info", "request_id": "abc"}.items()
    assert (
        theirs.items() >= {"event": "it took 3 seconds for [e-mail]", "level": "warning", "request_id": "abc"}.items()
    )
    assert ours["timestamp"].endswith("Z")


def test_a_database_that_quotes_the_row_does_not_get_it_into_the_log(app_context, as_json, capsys):
    with transaction():
        number = person(surname="Geheimzinnig", email="anna@example.nl")
    try:
        with transaction() as current:
            row = {"id": number, "name": "Geheimzinnig"}
            insert = "INSERT INTO contact SELECT * FROM contact WHERE id = :id AND surname = :name"
            current.execute(text(insert), row)
    except IntegrityError:
        get_logger().exception("it failed", contact=number)
    said = capsys.readouterr().err
    assert "Geheimzinnig" not in said
    (told,) = json.loads(said)["error"][:1]
    assert told.startswith("IntegrityError")
    assert "test_a_database_that_quotes" in told


def test_a_developer_reads_where_it_went_wrong(capsys):
    try:
        json.loads("{")
    except ValueError:
        get_logger().exception("it failed")
    lines = capsys.readouterr().err.splitlines()
    assert "it failed" in lines[0]
    assert any(line.strip().endswith("raw_decode") for line in lines)


def test_setting_up_twice_does_not_tell_twice(as_json, capsys):
    configure_logging(production=True)
    get_logger().info("once")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_queue_that_is_gone_does_not_fill_the_disk(capsys):
    configure_logging(production=False)
    for _ in range(3):
        logging.getLogger("huey.consumer.Worker").error("Error reading from queue")
        logging.getLogger("elsewhere").error("said each time")
    told = capsys.readouterr().err
    assert (told.count("Error reading from queue"), told.count("said each time")) == (1, 3)
