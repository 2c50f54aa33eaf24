"""The desk over 200,000 contacts and a million gifts: finding anybody, a contact's whole story, and lists."""

from __future__ import annotations

import re
import statistics
import time
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from fundraising.accounts.rules import Role
from fundraising.contacts.models import Contact, ContactEmail, ContactIban, PostalAddress, SearchTerm
from fundraising.contacts.queries.search import found_contacts
from fundraising.contacts.services.search_index import drifted
from fundraising.db import is_sqlite, session, transaction
from fundraising.gifts.queries import GiftFilter, gift_page
from fundraising.gifts.rules import written_reference
from fundraising.operations.services.demo.scale import Scale, contact_steps, gift_steps
from fundraising.programmes.services import load_programmes, read_folder
from fundraising.resources import resource
from tests.benchmarks.figures import percentile, scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask

    from tests.benchmarks.figures import Figures

SIZE = Scale(contacts=scaled(200_000), gifts=scaled(1_000_000))
TIMES = 150
_LISTS = (
    "/desk/relaties",
    "/desk/relaties?soort=organisation&sorteer=-naam",
    "/desk/relaties?plaats=Ede&sorteer=-sinds",
    "/desk/relaties?pagina=40",
    "/desk/giften",
    "/desk/giften?pagina=40",
)


@pytest.fixture
def filled(app: Flask, database: str, figures: Figures) -> Flask:
    """The house with so many contacts and gifts."""
    with app.app_context():
        with transaction():
            load_programmes(read_folder(resource("programmes/data")))
        for what, total, steps in (
            ("contacts with their index", SIZE.contacts, contact_steps(SIZE)),
            ("gifts", SIZE.gifts, gift_steps(SIZE)),
        ):
            began = time.perf_counter()
            for _count, step in steps:
                with transaction():
                    step()
            figures.note(f"{total:,} {what} made, {database}", f"{time.perf_counter() - began:.0f} s")
        _settle()
    return app


def _settle() -> None:
    """What the database's own housekeeping does in the minutes after an import."""
    session().rollback()
    bind = session().get_bind()
    with bind.connect() as connection:
        if is_sqlite(connection):
            return
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def test_the_desk_at_scale(filled: Flask, staff_pages, database: str, figures: Figures):
    with filled.app_context():
        _note_size(database, figures)
        people = _people()
        for what, typed in _kinds(people):
            _note(f"search, {what}", _timed(_found, typed), 50, database, figures)
    client = staff_pages(Role.RELATIONS, Role.FINANCE).client

    def opened(path: str) -> None:
        assert client.get(path).status_code == 200

    # Who gave most often has the longest story.
    references = _references(filled)
    _note("gift by its reference", _timed(_searched(client), references), 50, database, figures)
    paths = [f"/desk/relaties/{number}" for number in [*(person.id for person in people), *_faithful(filled)]]
    _note("contact page", _timed(opened, paths), 80, database, figures)
    for path in _LISTS:
        _note(f"list {path}", _timed(opened, [path] * 20), 120, database, figures)
    with filled.app_context():
        assert SIZE.contacts > 20_000 or list(drifted()) == []


def _note_size(database: str, figures: Figures) -> None:
    terms = session().scalar(select(func.count()).select_from(SearchTerm))
    if database == "postgresql":
        tables = "('search_term'), ('search_part'), ('search_key')"
        total = text(f"SELECT sum(pg_total_relation_size(t::regclass)) FROM (VALUES {tables}) AS named (t)")  # noqa: S608
        figures.note(
            f"index of the search, {database}", f"{terms:,} terms, {int(session().scalar(total)) / 1e6:.0f} MB"
        )
    else:
        figures.note(f"index of the search, {database}", f"{terms:,} terms")


def _note(what: str, seconds: list[float], budget: int, database: str, figures: Figures) -> None:
    half, most = statistics.median(seconds) * 1000, percentile(seconds, 95) * 1000
    measured = f"median {half:.1f} ms, p95 {most:.1f} ms"
    figures.note(f"{what}, {database}", measured, budget=f"p95 under {budget} ms", met=most < budget)


def _timed(deed: Callable[[str], None], inputs: Iterable[str]) -> list[float]:
    """How long each takes, once the first has warmed up what can be warm."""
    times, listed = [], list(inputs)
    deed(listed[0])
    for each in listed:
        began = time.perf_counter()
        deed(each)
        times.append(time.perf_counter() - began)
    return times


def _found(typed: str) -> None:
    session().rollback()
    assert found_contacts(typed), typed


def _people():
    chosen = select(Contact.id, Contact.given_name, Contact.name_prefix, Contact.surname, ContactIban.iban)
    chosen = chosen.add_columns(ContactEmail.address, PostalAddress.town)
    for way in (ContactIban, ContactEmail, PostalAddress):
        chosen = chosen.join(way, way.contact_id == Contact.id)
    rows = session().execute(chosen.where(Contact.surname != "").order_by(Contact.id).limit(20_000)).all()
    return Random(7).sample(rows, min(TIMES, len(rows)))


def _kinds(people):
    """What is typed, and whose name it is from."""
    chance = Random(8)

    def mistaken(word: str) -> str:
        at = chance.randrange(len(word))
        return word[:at] + chance.choice("abcdefghij") + word[at + 1 :]

    long = [each for each in people if len(each.surname) > 4]
    yield "a surname", [each.surname for each in people]
    yield "its first three letters", [each.surname[:3] for each in people]
    yield "its first letter", [each.surname[:1] for each in people]
    yield "a part from inside it", [each.surname[1:5] for each in long]
    yield "with a mistake", [mistaken(each.surname) for each in long]
    yield "first name and surname", [f"{each.given_name} {each.surname}" for each in people]
    yield "surname and town", [f"{each.surname} {each.town}" for each in people]
    yield (
        "both with a mistake",
        [f"{mistaken(each.surname)} {mistaken(each.town)}" for each in long if len(each.town) > 4],
    )
    yield "with its prefix", [f"{each.name_prefix} {each.surname}" for each in people if each.name_prefix]
    yield "last four digits of an IBAN", [each.iban[-4:] for each in people]
    yield "an e-mail address", [each.address for each in people]


def _references(app: Flask) -> list[str]:
    with app.app_context():
        return [written_reference(row.reference).lower() for row in gift_page(GiftFilter(), limit=TIMES)]


def _searched(client) -> Callable[[str], None]:
    """The whole way, from the box to the page of the gift that it leads to."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/desk/zoeken").text)[1]

    def search(typed: str) -> None:
        assert client.post("/desk/zoeken", data={"q": typed, "csrf_token": token}).status_code == 303

    return search


def _faithful(app: Flask) -> list[int]:
    with app.app_context():
        newest = session().scalar(select(func.max(Contact.id)))
        return list(range(newest, newest - 20, -1))
