"""What every page of the house has: language, headers, errors, logs, tokens, static files, limits."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask, abort, request
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from fundraising import clock
from fundraising.money import Euro
from fundraising.web import WebSettings, init_web
from fundraising.web.formats import euro, iban, written_date, written_moment
from fundraising.web.limits import client_address, client_digest, limited
from fundraising.web.locale import absolute_url, alternates, current_language, public_url, register_public
from fundraising.web.pages import SLOT, ForAWhile, KeptPage, PageFacts, kept_page
from fundraising.web.tokens import BadToken, TokenFault, Tokens, address_digest

DAY = timedelta(days=1)


class OurFault(Exception):
    """Something of ours that goes wrong."""


def pages() -> Blueprint:
    """A few pages of no house in particular."""
    blueprint = Blueprint("giving", __name__)
    blueprint.add_url_rule("/", "home", lambda: f"<p>{current_language()}</p>")
    blueprint.add_url_rule("/gift/<code>", "gift", lambda code: f"<p>{code}: {euro(Euro.of(1300))}</p>")
    blueprint.add_url_rule("/who", "who", lambda: {"address": client_address(), "digest": client_digest()})
    blueprint.add_url_rule("/few", "few", limited("2/minute")(lambda: "few"))

    @blueprint.post("/post")
    def post() -> str:
        return str(len(request.form))

    @blueprint.get("/broken/<secret>")
    def broken(secret: str) -> str:
        raise OurFault("mail a@example.nl")

    @blueprint.get("/abort/<int:status>")
    def stop(status: int) -> str:
        abort(status)

    @blueprint.get("/kept")
    def kept() -> KeptPage:
        facts = PageFacts("giving.kept", "nl", fill=lambda: "filled")
        return kept_page(request.path, lambda: KeptPage(f"<p>{SLOT}</p>", facts))

    return blueprint


def web_app(tmp_path, **changes) -> Flask:
    (tmp_path / "templates").mkdir(exist_ok=True)
    (tmp_path / "templates" / "error.html").write_text("<h1>{{ status }} {{ title }}</h1><p>{{ explanation }}</p>")
    (tmp_path / "static").mkdir(exist_ok=True)
    (tmp_path / "static" / "style.css").write_text("p { color: red }\n" * 50)
    (tmp_path / "static" / "picture.png").write_bytes(b"\x89PNG")
    app = Flask("tried", template_folder=str(tmp_path / "templates"), static_folder=str(tmp_path / "static"))
    app.config.update(SECRET_KEY="for-tests", ORGANISATION=SimpleNamespace(name="Gevangenzorg"))
    settings = {"public_url": "http://localhost", "production": False, "trusted_proxies": 0} | changes
    init_web(app, WebSettings(**settings))
    register_public(app, pages())
    return app


@pytest.fixture
def app(tmp_path):
    return web_app(tmp_path)


@pytest.fixture
def client(app):
    return app.test_client()


class TestLanguage:
    def test_the_address_says_it(self, client):
        assert client.get("/").text == "<p>nl</p>"
        assert client.get("/en/").text == "<p>en</p>"
        assert client.get("/", headers={"Accept-Language": "en"}).text == "<p>nl</p>"
        assert client.get("/en/").headers["Content-Language"] == "en"

    def test_links_stay_in_the_language(self, app):
        with app.test_request_context("/en/gift/a"):
            assert public_url("giving.home") == "/en/"
            assert public_url("giving.gift", code="a b", via=None) == "/en/gift/a%20b"
            assert public_url("giving.home", language="nl", via="x") == "/?via=x"

    def test_mails_have_whole_addresses_whatever_host_was_asked(self, app):
        with app.test_request_context("/", headers={"Host": "evil.example"}):
            assert absolute_url("giving.home", language="en") == "http://localhost/en/"
        with app.app_context(), force_locale("en"):
            assert absolute_url("giving.gift", code="a") == "http://localhost/en/gift/a"

    def test_each_page_knows_its_others(self, app):
        with app.test_request_context("/gift/a?x=y"):
            assert [(page.language, page.path, page.current) for page in alternates()] == [
                ("nl", "/gift/a", True),
                ("en", "/en/gift/a", False),
            ]
        with app.test_request_context("/gift/a?bedrag=75&x=y&via=" + "kerk%20%26%20blad" * 9):
            english = alternates()[1]
            assert english.path == "/en/gift/a?via=" + ("kerk+%26+blad" * 6)[:-2] + "&bedrag=75"
            assert english.absolute == "http://localhost/en/gift/a"
        with app.test_request_context("/nowhere"):
            assert [page.path for page in alternates()] == ["/", "/en/"]

    def test_amounts_and_dates(self, app, client):
        assert client.get("/gift/a").text == "<p>a: €\u00a01.300</p>"
        assert client.get("/en/gift/a").text == "<p>a: €1,300</p>"
        with app.app_context():
            assert written_date(date(2026, 11, 2)) == "2 november 2026"
            assert written_moment(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "1 januari 2027"
            assert written_date(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "1 januari 2027"
            assert iban("NL61INGB0006391416") == "NL61\u00a0INGB\u00a00006\u00a03914\u00a016"
            with force_locale("en"):
                assert written_date(date(2026, 11, 2)) == "2 November 2026"


class TestHeaders:
    def test_every_answer_has_them(self, client):
        for address in ("/", "/nowhere", "/kept", "/kept", "/static/style.css"):
            headers = client.get(address).headers
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; ")
            assert "unsafe" not in policy
            assert "http" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert len(headers["X-Request-Id"]) == 16
            assert "Set-Cookie" not in headers
            assert len(headers.getlist("Content-Security-Policy")) == 1

    @pytest.mark.parametrize(
        ("url", "production", "there"),
        [
            ("https://geven.example", True, True),
            ("https://geven.example", False, False),
            ("http://localhost", True, False),
        ],
    )
    def test_https_is_kept_in_production_only(self, tmp_path, url, production, there):
        app = web_app(tmp_path, public_url=url, production=production)
        assert ("Strict-Transport-Security" in app.test_client().get("/").headers) is there

    def test_another_host_is_refused(self, client):
        answer = client.get("/", headers={"Host": "evil.example"})
        assert answer.status_code == 400
        assert "Content-Security-Policy" in answer.headers

    @pytest.mark.parametrize(
        ("sent_from", "counted_as"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("a socket", "a socket"),
        ],
    )
    def test_who_has_many_addresses_of_one_network_counts_as_one(self, client, sent_from, counted_as):
        answer = client.get("/who", environ_overrides={"REMOTE_ADDR": sent_from})
        assert answer.json["address"] == counted_as

    def test_proxies_are_believed_as_far_as_they_are_trusted(self, tmp_path, client):
        forwarded = {"X-Forwarded-For": "6.6.6.6, 7.7.7.7", "X-Forwarded-Proto": "https"}
        assert client.get("/who", headers=forwarded).json["address"] == "127.0.0.1"
        behind = web_app(tmp_path, trusted_proxies=1).test_client()
        assert behind.get("/who", headers=forwarded).json["address"] == "7.7.7.7"


class TestErrors:
    @pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 429, 500, 503])
    def test_each_has_a_page(self, client, status):
        answer = client.get(f"/en/abort/{status}")
        assert answer.status_code == status
        assert answer.text.startswith(f"<h1>{status} ")
        assert answer.headers["Content-Language"] == "en"

    def test_a_fault_of_ours_is_a_page_and_one_line_without_what_was_typed(self, app, client, capsys):
        app.config["PROPAGATE_EXCEPTIONS"] = False
        assert client.get("/broken/secret-token").status_code == 500
        assert "secret-token" not in capsys.readouterr().err

    def test_a_body_that_is_too_large(self, client):
        assert client.post("/post", data={"a": "b" * 70_000}).status_code == 413
        assert (
            client.post("/post", data={str(n): "x" for n in range(70)}, content_type="multipart/form-data").status_code
            == 413
        )
        assert client.post("/post", data={"a": "b" * 10_000}).text == "1"


def test_one_line_per_request_with_nothing_of_its_address(tmp_path, capsys):
    client = web_app(tmp_path, production=True).test_client()
    client.get("/gift/secret?email=a@example.nl")
    client.get("/nowhere-secret")
    client.get("/kept")
    client.get("/kept")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [(line["endpoint"], line["method"], line["status"]) for line in lines]
    assert told == [
        ("giving.gift", "GET", 200),
        (None, "GET", 404),
        ("giving.kept", "GET", 200),
        ("giving.kept", "GET", 200),
    ]
    assert "secret" not in str(lines)
    assert "example.nl" not in str(lines)
    assert "127.0.0.1" not in str(lines)
    assert len({line["request_id"] for line in lines}) == 4


class TestLimits:
    def test_so_often_and_then_not(self, client):
        assert [client.get(address).status_code for address in ("/few", "/en/few", "/few")] == [200, 200, 429]
        assert 0 < int(client.get("/few").headers["Retry-After"]) <= 60
        other = client.get("/few", environ_overrides={"REMOTE_ADDR": "10.0.0.9"})
        assert other.status_code == 200

    def test_a_load_test_can_switch_them_off(self, app, client):
        app.config["RATE_LIMITED"] = False
        assert {client.get("/few").status_code for _ in range(5)} == {200}

    def test_an_address_is_known_by_a_keyed_digest(self, client):
        digest = client.get("/who").json["digest"]
        assert digest == address_digest("for-tests", "127.0.0.1")
        assert digest != address_digest("another-key", "127.0.0.1")
        assert len(digest) == 64


class TestTokens:
    def test_it_says_what_was_signed_and_when(self):
        now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
        with clock.standing_still(now):
            token = Tokens("key", "address").issue("K3AC-1")
        with clock.standing_still(now + timedelta(minutes=5)):
            read = Tokens("key", "address").read(token, lifetime=DAY)
            assert (read.value, read.age) == ("K3AC-1", timedelta(minutes=5))

    def test_a_nonce_is_new_each_time_and_fits_its_column(self):
        tokens = Tokens("key", "form")
        nonces = {tokens.read(tokens.issue(), lifetime=DAY).value for _ in range(50)}
        assert len(nonces) == 50
        assert {len(nonce) for nonce in nonces} == {22}

    @pytest.mark.parametrize("purpose", ["other", ""])
    def test_another_purpose_or_key_is_forged(self, purpose):
        token = Tokens("key", "form").issue("x")
        for tokens in (Tokens("key", purpose), Tokens("other", "form")):
            with pytest.raises(BadToken) as bad:
                tokens.read(token, lifetime=DAY)
            assert bad.value.fault is TokenFault.FORGED

    def test_it_expires(self):
        token = Tokens("key", "form").issue("x")
        with clock.standing_still(clock.now() + DAY + timedelta(seconds=2)), pytest.raises(BadToken) as bad:
            Tokens("key", "form").read(token, lifetime=DAY)
        assert bad.value.fault is TokenFault.EXPIRED

    @given(st.text())
    def test_nothing_that_is_made_up_is_a_token(self, text):
        with pytest.raises(BadToken):
            Tokens("key", "form").read(text, lifetime=DAY)


class TestKeptPages:
    FACTS = PageFacts("a.page", "nl", fill=lambda: "")

    @given(st.text(), st.text(), st.text())
    def test_packed_is_the_same_as_plain(self, head, filling, tail):
        page = KeptPage(head.replace(SLOT, "") + SLOT + tail, self.FACTS)
        unpacked = zlib.decompressobj(wbits=31)
        assert unpacked.decompress(page.packed(filling)) == page.body(filling)
        assert unpacked.eof
        assert unpacked.unused_data == b""
        assert gzip.decompress(page.packed(filling)) == page.body(filling)

    def test_a_filling_that_is_too_large(self):
        with pytest.raises(ValueError, match="65,535"):
            KeptPage(f"a{SLOT}b", self.FACTS).packed("x" * 70_000)

    def test_it_is_filled_anew_for_everyone(self, client):
        assert [client.get("/kept").text for _ in range(2)] == ["<p>filled</p>"] * 2
        assert client.head("/kept").data == b""

    def test_what_is_kept_grows_old_and_what_is_empty_is_not_kept(self, monkeypatch):
        now = [0.0]
        monkeypatch.setattr("fundraising.web.pages.time.monotonic", lambda: now[0])
        made = iter(["", "first", "second"])
        kept = ForAWhile(10.0)
        assert [kept.get("a", lambda: next(made)) for _ in range(3)] == ["", "first", "first"]
        now[0] = 11.0
        assert kept.get("a", lambda: next(made)) == "second"

    def test_while_one_makes_it_anew_the_others_get_what_there_is(self, monkeypatch):
        now, seen = [0.0], []
        monkeypatch.setattr("fundraising.web.pages.time.monotonic", lambda: now[0])
        kept = ForAWhile(10.0)

        def make() -> str:
            # What others get meanwhile: the old one, unless that is too old for anybody.
            seen.append(kept.look("a"))
            return f"made at {now[0]:.0f}"

        for now[0] in (0.0, 15.0, 40.0):
            assert kept.get("a", make) == f"made at {now[0]:.0f}"
        assert seen == [None, "made at 0", None]

        def fail() -> str:
            raise OurFault

        now[0] = 55.0
        with pytest.raises(OurFault):
            kept.get("a", fail)
        # Nobody makes it any more: the next one does.
        assert kept.look("a") is None

    def test_what_is_made_up_does_not_fill_memory(self, monkeypatch):
        now = [0.0]
        monkeypatch.setattr("fundraising.web.pages.time.monotonic", lambda: now[0])
        kept = ForAWhile(10.0, most=2)
        assert [kept.get(key, lambda: "made") for key in "abc"] == ["made"] * 3
        assert [kept.look(key) for key in "abc"] == ["made", "made", None]
        now[0] = 11.0
        kept.get("c", lambda: "made")
        assert [kept.look(key) for key in "abc"] == [None, None, "made"]


class TestStaticFiles:
    def test_the_address_changes_with_the_content_and_keeps_for_a_year(self, app, client):
        with app.test_request_context():
            address = app.jinja_env.globals["static"]("style.css")
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.mimetype == "text/css"
        assert client.get("/static/style.css").headers["Cache-Control"] == "public, max-age=300"
        assert client.get("/static/style.css?v=old").headers["Cache-Control"] == "public, max-age=300"

    def test_what_can_be_packed_is(self, client):
        packed = client.get("/static/style.css", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.data) == client.get("/static/style.css").data
        assert packed.headers["Content-Encoding"] == "gzip"
        picture = client.get("/static/picture.png", headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in picture.headers

    def test_who_has_it_is_not_sent_it_again(self, client):
        etag = client.get("/static/style.css").headers["ETag"]
        assert client.get("/static/style.css", headers={"If-None-Match": etag}).status_code == 304

    @pytest.mark.parametrize("name", ["nothing.css", "../templates/error.html", "%2e%2e/templates/error.html"])
    def test_nothing_else_is_served(self, client, name):
        assert client.get(f"/static/{name}").status_code == 404
