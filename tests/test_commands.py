"""What the command line offers: our own commands, each with a word about what it does."""

import click.testing
import pytest
from flask.cli import ScriptInfo

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
@pytest.mark.parametrize("name", GROUPS)
def test_each_says_what_it_does(app, shown, name):
    with app.app_context():
        command = cli.get_command(click.Context(cli, obj=ScriptInfo(create_app=lambda: app)), name)
    below = command.commands.values() if isinstance(command, click.Group) else []
    assert [each.name for each in (command, *below) if not each.get_short_help_str()] == []
    answer = shown(name, "--help")
    assert (answer.exit_code, answer.stderr) == (0, "")
