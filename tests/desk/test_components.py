"""The pieces of staff pages, all on one page, as every page of staff uses them."""

from datetime import date
from types import SimpleNamespace

import pytest
from flask import render_template_string
from flask.sessions import SecureCookieSessionInterface
from wtforms import BooleanField, Form, RadioField, SelectField, StringField, TextAreaField, validators
from wtforms.fields.choices import SelectChoice

from fundraising.desk.rules import bar_chart
from fundraising.money import Euro
from fundraising.web.lists import Facet, Page, Sort, Wanted
from fundraising.web.notices import notice
from tests.web.page_client import text_of

pytestmark = pytest.mark.sqlite_only

PAGE = """
{% extends "desk/base.html" %}
{% from "desk/components.html" import action_link, back_link, bar_chart, cell, confirm, conflict, data_table,
   empty_state, fact, facts, field, field_errors, filters, form_buttons, pagination, pill, timeline with context %}
{% block title %}Stukken{% endblock title %}
{% block back %}{{ back_link("Relaties", "/terug") }}{% endblock back %}
{% block lead %}<p>{{ pill("nieuw", "good") }}</p>{% endblock lead %}
{% block actions %}{{ action_link("Nieuw", "/nieuw") }}{% endblock actions %}
{% block content %}
  {{ filters([facet]) }}
  {% set heads = {"name": dict(label="Naam", sort="naam"), "total": dict(label="Totaal", number=True),
                  "does": dict(label="Doen", actions=True)} %}
  {% call(row) data_table("Relaties", heads, page.items, asked) %}
    {% call cell(heads.name, lead=True) %}<a href="/een">{{ row }}</a>{% endcall %}
    {{ cell(heads.total, "€ 5") }}
    {% call cell(heads.does) %}<a href="/weg">Weg</a>{% endcall %}
  {% endcall %}
  {{ pagination(page) }}
  {{ empty_state("Niets", "Begin hier", "Maak", "/maak") }}
  {% call facts() %}{{ fact("Plaats", "Gouda") }}{{ fact("Leeg", "") }}{% endcall %}
  {% call(moment) timeline(days) %}<p>{{ moment.text }}</p>{% endcall %}
  {{ bar_chart(chart, "Giften") }}
  <form action="/op" method="post">
    {{ field_errors(form) }}
    {{ field(form.town, help="Waar het ligt") }}
    {{ field(form.kind) }}
    {{ field(form.note, optional=True) }}
    {{ field(form.agrees) }}
    {{ field(form.choice) }}
    {{ form_buttons("Bewaar", cancel="/terug") }}
  </form>
  {% call confirm("Echt?", "Wis", "/wis", "/terug", version=3) %}<p>Alles gaat weg.</p>{% endcall %}
  {{ conflict([("Plaats", "Gouda", "Delft"), ("Land", "NL", "NL")]) }}
{% endblock content %}
"""


class Record(Form):
    town = StringField("Plaats", [validators.DataRequired("Vul de plaats in")])
    kind = SelectField("Soort", choices=[SelectChoice("a", "A"), SelectChoice("b", "B")])
    note = TextAreaField("Notitie")
    agrees = BooleanField("Akkoord")
    choice = RadioField("Keuze", choices=[SelectChoice("x", "X"), SelectChoice("y", "Y")])


@pytest.fixture
def parts(app, pages):
    """The page with all pieces, opened at an address with a query."""

    def show():
        notice("Bewaard", undo="/terugdraaien")
        form = Record(data={"note": "<b>typ</b>"})
        form.validate()
        return render_template_string(
            PAGE,
            staff=SimpleNamespace(name="Sanne de Boer"),
            may=lambda permission: True,
            csrf_token=lambda: "teken",
            facet=Facet("soort", "Soort", [("kerk", "Kerk")], "kerk"),
            page=Page(["Van der <Berg>", "Bos"], number=2, size=2, has_next=True, total=1300),
            asked=Wanted(2, 2, Sort("naam")),
            days=[(date(2026, 3, 14), [SimpleNamespace(kind="gift", text="Gift")])],
            chart=bar_chart([("2025", {0: Euro.of(100), 1: Euro.of(50)}), ("2026", {})]),
            form=form,
        )

    app.session_interface = SecureCookieSessionInterface()
    app.add_url_rule("/stukken", view_func=show)
    return pages.get("/stukken?pagina=2&sorteer=naam&soort=kerk")


def test_the_heading_is_the_title_and_the_action_stands_beside_it(parts):
    assert parts.heading == "Stukken"
    assert parts.title.startswith("Stukken – ")
    assert parts.link("Nieuw") == "/nieuw"


def test_what_is_typed_is_text(parts):
    assert "Van der <Berg>" in parts.text
    assert "<b>typ</b>" in text_of(parts.by_id("note"))


def test_a_head_sorts_and_turns_and_keeps_the_filter(parts):
    assert parts.link("Naam") == "/stukken?soort=kerk&sorteer=-naam"
    assert next(head.get("aria-sort") for head in parts.all("th", scope="col")) == "ascending"


def test_pages_lead_back_and_on_and_keep_order_and_filter(parts):
    assert parts.link("Vorige") == "/stukken?sorteer=naam&soort=kerk"
    assert parts.link("Volgende") == "/stukken?sorteer=naam&soort=kerk&pagina=3"
    assert "3–4 van 1.300" in parts.text


def test_a_card_on_a_phone_has_its_labels(parts):
    assert [cell.get("data-label") for cell in parts.all("td", role="cell")] == [None, "Totaal", None] * 2


def test_an_error_stands_at_its_field_and_atop(parts):
    town = parts.by_id("town")
    assert town.get("aria-invalid") == "true"
    assert town.get("aria-describedby") == "town-error town-help"
    assert "Plaats: Vul de plaats in" in text_of(parts.by_id("errors"))


def test_what_was_done_can_be_undone(parts):
    assert "Bewaard" in parts.text
    assert parts.form("/terugdraaien").values() == {"csrf_token": ["teken"]}


def test_confirming_sends_what_it_is_about(parts):
    assert parts.form("/wis").values() == {"csrf_token": ["teken"], "version": ["3"]}


def test_an_empty_fact_is_not_shown(parts):
    assert "Leeg" not in parts.text


def test_only_the_rows_of_a_conflict_that_differ_are_marked(parts):
    assert [text_of(row) for row in parts.all("tr", class_="differs")] == ["Plaats Gouda Delft"]


def test_bootstrap_comes_from_here_and_keeps_for_a_year(parts, client):
    links = [link.get("href") for link in parts.all("link", rel="stylesheet")]
    answer = client.get(links[0])
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get("/bootstrap/static/js/bootstrap.min.js").status_code == 404
