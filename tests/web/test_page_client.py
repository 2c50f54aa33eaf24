"""The checking client itself: a check that never finds anything checks nothing."""

import pytest
from flask import Flask, redirect, request
from html5lib.html5parser import ParseError

from tests.web.page_client import PageClient

GOOD = """<!DOCTYPE html>
<html lang="nl"><head><meta charset="utf-8"><title>Proef</title>
<meta name="viewport" content="width=device-width"><link rel="canonical" href="https://elders.example/"></head>
<body><main><h1>Proef</h1>
<form action="/stuur" method="post"><input type="hidden" name="token" value="t1">
<label for="a">Bedrag</label><input id="a" name="bedrag" value="25">
<label><input type="radio" name="keuze" value="een" checked>een</label>
<label><input type="radio" name="keuze" value="twee">twee</label>
<label><input type="checkbox" name="nieuws" value="ja">nieuws</label>
<label for="s">Soort</label><select id="s" name="soort"><option value="p">P</option><option>Q</option></select>
<label for="t">Tekst</label><textarea id="t" name="tekst">
hallo</textarea><button name="knop" value="1">Geef</button></form></main></body></html>"""


@pytest.fixture
def visit():
    app = Flask("proef")
    shown = {"html": GOOD}

    @app.get("/")
    def page():
        return shown["html"]

    @app.post("/stuur")
    def send():
        return redirect("/?" + "&".join(f"{k}={v}" for k, v in request.form.items(multi=True)))

    @app.after_request
    def headers(response):
        response.headers.update(
            {
                "Content-Security-Policy": "default-src 'self'",
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "same-origin",
            }
        )
        return response

    def open_page(html=GOOD):
        shown["html"] = html
        return PageClient(app.test_client()).get("/")

    open_page.client = PageClient(app.test_client())
    return open_page


def test_a_good_page_passes_and_tells_what_is_on_it(visit):
    page = visit()
    assert (page.title, page.heading) == ("Proef", "Proef")
    assert "Bedrag" in page.text


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (' lang="nl"', "", "language"),
        ("<title>Proef</title>", "<title></title>", "<title>"),
        ("<h1>Proef</h1>", "<h1>Proef</h1><h1>Twee</h1>", "<h1>"),
        ('id="s"', 'id="a"', "'a' twice"),
        ('for="a"', 'for="b"', "'b' leads nowhere"),
        ('name="bedrag"', 'name="bedrag" aria-describedby="weg"', "'weg' leads nowhere"),
        ("<main>", '<main><a href="#weg">x</a>', "'#weg' leads nowhere"),
        ('for="a"', "", "no label"),
        (' method="post"', "", "without action or method"),
        ("<main>", '<main><p style="color:red">x</p>', "inline style"),
        ("<main>", '<main><p onclick="x()">x</p>', "inline onclick"),
        ("<main>", "<main><script>x()</script>", "inline <script>"),
        ("<main>", '<main><a href="javascript:x()">x</a>', "javascript:"),
        ("<main>", '<main><img src="/x.png">', "without alt"),
        ("<main>", '<main><img alt="" src="https://elders.example/x.png">', "from elders.example"),
        ("<main>", '<main><script src="//elders.example/x.js"></script>', "from elders.example"),
        ('name="viewport"', 'name="other"', "viewport"),
    ],
)
def test_each_fault_is_found(visit, before, after, fault):
    assert GOOD.count(before) >= 1
    with pytest.raises(AssertionError, match=fault):
        visit(GOOD.replace(before, after, 1))


def test_bad_html_is_refused(visit):
    with pytest.raises(ParseError):
        visit(GOOD.replace("</h1>", "</h2>"))


def test_a_missing_header_is_a_fault(visit):
    bare = Flask("bare")
    bare.add_url_rule("/", view_func=lambda: GOOD)
    with pytest.raises(AssertionError, match="no header Content-Security-Policy"):
        PageClient(bare.test_client()).get("/")


def test_a_form_sends_what_a_browser_would(visit):
    form = visit().form("/stuur")
    assert form.values() == {
        "token": ["t1"], "bedrag": ["25"], "keuze": ["een"], "soort": ["p"], "tekst": ["hallo"],
    }  # fmt: skip
    answer = visit.client.submit(form, {"bedrag": "30", "nieuws": "ja", "soort": "Q"}, button=("knop", "1"))
    assert answer.address.endswith("/?token=t1&bedrag=30&keuze=een&soort=Q&tekst=hallo&nieuws=ja&knop=1")


@pytest.mark.parametrize("answers", [{"weg": "1"}, {"keuze": "drie"}, {"soort": "R"}])
def test_an_answer_that_the_form_does_not_offer_is_refused(visit, answers):
    with pytest.raises(AssertionError):
        visit().form().filled(answers)
