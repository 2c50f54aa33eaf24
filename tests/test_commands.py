"""What the command line offers: our own commands, each with a word about what it does."""

import errno

import click.testing
import pytest
from flask.cli import ScriptInfo

from fundraising import tasks
from fundraising.app import cli

GROUPS = [
    "alerts",
    "audit",
    "backup",
    "contacts",
    "db",
    "demo",
    "gifts",
    "jobs",
    "ledger",
    "mail",
    "payments",
    "programmes",
    "restore",
    "serve",
    "simulator",
    "users",
    "web",
    "worker",
]


@pytest.fixture
def shown(app):
    """What a command prints, as an administrator types it."""

    def invoke(*arguments):
        return click.testing.CliRunner().invoke(cli, arguments, obj=ScriptInfo(create_app=lambda: app))

    return invoke


@pytest.mark.sqlite_only
def test_only_our_own_commands_are_offered(app, shown):
    lines = shown("--help").stdout.partition("Commands:")[2].splitlines()
    offered = [line.split(maxsplit=1) for line in lines if line.startswith("  ") and line[2] != " "]
    assert [name for name, _help in offered] == GROUPS
    assert shown("limiter", "--help").exit_code == 2


@pytest.mark.sqlite_only
def test_no_migration_is_made_or_taken_back_by_command(shown):
    assert shown("db", "downgrade").exit_code == 2
    assert shown("db", "current").exit_code == 0


@pytest.mark.sqlite_only
@pytest.mark.parametrize("arguments", [("gifts", "list"), ("worker",), ("serve", "--port", "1")])
def test_a_data_folder_that_cannot_be_used_is_told_in_a_sentence(tmp_path, monkeypatch, arguments):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file"))
    monkeypatch.setattr("fundraising.operations.cli.server.free_port", lambda port: port)
    answer = click.testing.CliRunner().invoke(cli, arguments)
    assert answer.exit_code == 1
    assert "DATA_DIR" in answer.stderr
    assert "Traceback" not in answer.output


@pytest.mark.sqlite_only
def test_what_the_disk_refuses_is_told_in_a_sentence(app, shown, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fundraising.operations.cli.watch.all_alerts", full)
    answer = shown("alerts", "list")
    assert (answer.exit_code, answer.stderr) == (1, "Error: OSError: [Errno 28] No space left on device\n")


@pytest.mark.sqlite_only
def test_a_queue_that_cannot_be_written_is_told_in_a_sentence(app, shown, tmp_path):
    app.extensions["queue"] = tasks.Queue(f"sqlite:///{tmp_path / 'missing' / 'queue'}", app.app_context)
    answer = shown("worker")
    assert answer.exit_code == 1
    assert answer.stderr.startswith("Error: QueueUnreachable: OperationalError")


@pytest.mark.sqlite_only
@pytest.mark.parametrize("name", GROUPS)
def test_each_says_what_it_does(app, shown, name):
    with app.app_context():
        command = cli.get_command(click.Context(cli, obj=ScriptInfo(create_app=lambda: app)), name)
    below = command.commands.values() if isinstance(command, click.Group) else []
    assert [each.name for each in (command, *below) if not each.get_short_help_str()] == []
    answer = shown(name, "--help")
    assert (answer.exit_code, answer.stderr) == (0, "")
