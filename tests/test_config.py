"""Settings: every fault is named at once, and production refuses what is only for trying out."""

import os
import re
import shlex
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import DEFAULT_SECRET, SIMULATOR_ADDRESS, SIMULATOR_KEY, Config, ConfigError
from fundraising.money import Euro

EXAMPLE = Path(__file__).parent.parent / ".env.example"
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "k" * 32,
    "PUBLIC_URL": "https://geven.example.nl",
    "MOLLIE_API_KEY": "live_abcdefghijklmnopqrstuvwxyz0123",
    "SMTP_URL": "smtps://user:password@mail.example.nl",
    "ALERT_EMAIL": "beheer@example.nl",
    "ORGANISATION_RSIN": "123456782",
    "ORGANISATION_ADDRESS": "Voorbeeldstraat 1, 1234 AB Voorbeeldstad",
}


def faults_of(env: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        Config.from_env(env)
    return refused.value.faults


class TestWithoutAnySetting:
    config = Config.from_env({})

    def test_it_runs_on_this_machine_alone(self):
        assert self.config.database_url == f"sqlite:///{Path('var').resolve()}/fundraising.sqlite"
        assert self.config.queue_url == f"sqlite:///{Path('var').resolve()}/queue.sqlite"
        assert self.config.public_is_local
        assert not self.config.production

    def test_money_is_test_money(self):
        assert self.config.mollie_api_key == SIMULATOR_KEY
        assert (self.config.minimum_gift, self.config.maximum_gift) == (Euro.of(1), Euro.of(50_000))

    def test_it_cannot_be_changed(self):
        with pytest.raises(FrozenInstanceError):
            self.config.secret_key = "other"


def test_a_path_begins_where_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = Config.from_env({"DATABASE_URL": "sqlite:///geven.sqlite", "DATA_DIR": "var"})
    assert (config.database_url, config.data_dir) == (f"sqlite:///{tmp_path}/geven.sqlite", tmp_path / "var")


def test_all_state_lies_in_one_folder(tmp_path):
    config = Config.from_env({"DATA_DIR": str(tmp_path)})
    assert str(tmp_path) in config.database_url
    assert str(tmp_path) in config.queue_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_hosting_companys_database_address_is_understood(scheme):
    config = Config.from_env({"DATABASE_URL": f"{scheme}://u:p@host/name"})
    assert config.database_url == "postgresql+psycopg://u:p@host/name"


@pytest.mark.parametrize(("key", "asks"), [("", True), ("live_abcdefgh", False), ("test_abcdefgh", False)])
def test_a_command_beside_a_running_simulator_asks_that_one(tmp_path, key, asks):
    with socket.create_server(("127.0.0.1", 0)) as simulator:
        address = f"http://127.0.0.1:{simulator.getsockname()[1]}"
        (tmp_path / SIMULATOR_ADDRESS).write_text(address)
        config = Config.from_env({"DATA_DIR": str(tmp_path), "MOLLIE_API_KEY": key})
    assert config.mollie_api_url == (address if asks else "")


@pytest.mark.parametrize("left", ["http://127.0.0.1:1", "http://127.0.0.1", "half a li", ""])
def test_the_address_that_a_killed_simulator_left_is_nobodys(tmp_path, left):
    (tmp_path / SIMULATOR_ADDRESS).write_text(left)
    assert Config.from_env({"DATA_DIR": str(tmp_path)}).mollie_api_url == ""


def test_a_data_folder_that_is_none_is_not_looked_into(tmp_path):
    (tmp_path / "file").touch()
    assert Config.from_env({"DATA_DIR": str(tmp_path / "file")}).mollie_api_url == ""


def test_all_faults_are_named_at_once():
    faults = faults_of(
        {
            "ENVIRONMENT": "staging",
            "PUBLIC_URL": "geven.nl",
            "DATABASE_URL": "mysql://host/name",
            "QUEUE_URL": "amqp://host",
            "SMTP_URL": "mail.example.nl",
            "MOLLIE_API_KEY": "key",
            "MOLLIE_API_URL": "https://elsewhere.example",
            "TRUSTED_PROXIES": "one",
            "MINIMUM_GIFT": "free",
            "MAXIMUM_GIFT": "0,50",
            "ORGANISATION_IBAN": "NL00",
            "ORGANISATION_RSIN": "123456789",
            "MAIL_FROM": "giften",
            "ALERT_EMAIL": "beheer@",
            "ORGANISATION_EMAIL": "info@@example.nl",
            "CONTACT_EMAIL": "Marianne <m@example.nl>",
        }
    )
    named = {re.findall(r"[A-Z_]{5,}", fault)[0] for fault in faults}
    assert named == {
        "ENVIRONMENT", "PUBLIC_URL", "DATABASE_URL", "QUEUE_URL", "SMTP_URL", "MOLLIE_API_KEY", "MOLLIE_API_URL",
        "TRUSTED_PROXIES", "MINIMUM_GIFT", "ORGANISATION_IBAN",
        "ORGANISATION_RSIN", "MAIL_FROM", "ALERT_EMAIL", "ORGANISATION_EMAIL", "CONTACT_EMAIL",
    }  # fmt: skip
    # MINIMUM_GIFT is named twice: as no amount, and, with its default in place, as not below MAXIMUM_GIFT.
    assert len(faults) == len(named) + 1


def test_the_message_lists_the_faults_one_a_line():
    with pytest.raises(ConfigError, match=r"mended:\n- TRUSTED_PROXIES .*\n- PUBLIC_URL "):
        Config.from_env({"TRUSTED_PROXIES": "x", "PUBLIC_URL": "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "ftp://geven.nl"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "http://[::1"),
        ("PUBLIC_URL", "https://geven.nl:99999"),
        ("PUBLIC_URL", "https://geven.nl/pad"),
        ("PUBLIC_URL", "https://geven.nl?taal=nl"),
        ("SMTP_URL", "smtp://[::1"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example.nl:mail"),
        ("QUEUE_URL", "redis://"),
        ("QUEUE_URL", "redis://host:port/0"),
        ("QUEUE_URL", "sqlite:///"),
        ("MOLLIE_API_URL", "http://[::1"),
        ("MOLLIE_API_URL", "http://localhost.example.nl"),
        ("MOLLIE_API_KEY", "live_"),
        ("MOLLIE_API_KEY", "live_a b"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "postgresql://host:port/name"),
        ("SESSION_HOURS", "99999999999"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "1.5"),
        ("MINIMUM_GIFT", "-1"),
        ("MINIMUM_GIFT", "0"),
        ("MINIMUM_GIFT", "50.000"),
        ("ORGANISATION_IBAN", "NL62INGB0006391416"),
    ],
)
def test_one_fault_is_named_alone(name, value):
    faults = faults_of({name: value})
    assert [fault.startswith(name) for fault in faults] == [True]


class TestProduction:
    @pytest.fixture(autouse=True)
    def _elsewhere(self, tmp_path, monkeypatch):
        """Where no simulator runs, as one may where these tests are started."""
        monkeypatch.chdir(tmp_path)

    def test_a_whole_set_of_settings_is_accepted(self):
        config = Config.from_env(PRODUCTION)
        assert config.production
        assert [config.public_is_local, config.uses_simulator] == [False] * 2

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("SECRET_KEY", ""),
            ("SECRET_KEY", DEFAULT_SECRET),
            ("SECRET_KEY", "k" * 31),
            ("MOLLIE_API_KEY", ""),
            ("MOLLIE_API_KEY", SIMULATOR_KEY),
            ("MOLLIE_API_URL", "http://localhost:8010"),
            ("SMTP_URL", ""),
            ("ALERT_EMAIL", " "),
            ("PUBLIC_URL", "http://geven.example.nl"),
            ("ORGANISATION_RSIN", ""),
            ("ORGANISATION_ADDRESS", ""),
        ],
    )
    def test_it_refuses_what_is_only_for_trying_out(self, name, value):
        faults = faults_of(PRODUCTION | {name: value})
        assert [fault.startswith(name) for fault in faults] == [True]

    def test_it_refuses_a_bare_machine_with_every_reason(self):
        assert len(faults_of({"ENVIRONMENT": "production"})) == 7


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000", "https://localhost/"]
)
def test_a_local_address_is_known_as_one(url):
    assert Config.from_env({"PUBLIC_URL": url}).public_is_local


def test_secrets_are_not_shown_by_accident():
    secrets = {"SECRET_KEY": "geheim" * 6, "MOLLIE_API_KEY": "live_geheim", "SMTP_URL": "smtp://u:geheim@host",
               "DATABASE_URL": "postgresql://u:geheim@host/name", "QUEUE_URL": "redis://:geheim@host"}  # fmt: skip
    config = Config.from_env(secrets)
    assert "geheim" not in repr(config)
    assert replace(config, production=True).secret_key == "geheim" * 6


@given(st.dictionaries(st.sampled_from(sorted(PRODUCTION)), st.text(max_size=20)))
def test_no_value_breaks_the_reader(env):
    with suppress(ConfigError):
        assert Config.from_env(env).public_url


class RecordingEnvironment(dict):
    """Remembers which settings were asked for."""

    def __init__(self):
        super().__init__()
        self.asked = set()

    def get(self, name, default=None):
        self.asked.add(name)
        return super().get(name, default)


DOCUMENTED = dict(
    line.removeprefix("#").split("=", 1)
    for line in EXAMPLE.read_text("utf-8").splitlines()
    if re.match(r"#?[A-Z_]+=", line)
)


class TestExample:
    def test_it_documents_exactly_the_settings_that_are_read(self):
        env = RecordingEnvironment()
        Config.from_env(env)
        assert env.asked == set(DOCUMENTED)

    def test_it_shows_the_defaults(self):
        shown = {name: "".join(shlex.split(value)) for name, value in DOCUMENTED.items()}
        assert Config.from_env(shown) == Config.from_env({})


def test_a_command_reads_a_file_of_settings_where_the_environment_is_silent(tmp_path):
    (tmp_path / ".env").write_text('MINIMUM_GIFT="free"\nTRUSTED_PROXIES=many\n')
    command = Path(sys.executable).with_name("fundraising")
    environment = {"PATH": os.environ["PATH"], "TRUSTED_PROXIES": "1"}
    refused = subprocess.run(
        [command, "db", "current"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0
    assert "MINIMUM_GIFT" in refused.stderr
    assert "TRUSTED_PROXIES" not in refused.stderr
