"""Managing members of staff, by page and by command."""

import json
import re

import pytest

from fundraising.accounts.models import AuditEntry, User
from fundraising.accounts.queries import user_by_email
from fundraising.accounts.rules import LastAdministrator, Role
from fundraising.accounts.security import hash_password
from fundraising.accounts.services import OWNED, Owned
from fundraising.accounts.services.users import change_user, disable
from fundraising.app import create_app
from fundraising.clock import now
from fundraising.db import session, transaction
from fundraising.mailer import outbox, texts
from tests.databases import dispose
from tests.factories import accounts


@pytest.fixture
def administrator(staff_pages):
    """The pages of the one administrator."""
    return staff_pages(Role.ADMINISTRATOR, name="Beatrix Beheer")


def add(app, *roles, **changes):
    with app.app_context(), transaction():
        return accounts.user(*roles, **changes)


class TestByPage:
    def test_the_list_is_ordered_as_asked_and_who_left_stands_last(self, administrator, app):
        for name in ("Zwaan", "Aalders"):
            add(app, Role.RELATIONS, email=f"{name}@example.nl", name=name)
        gone = add(app, Role.RELATIONS, email="gone@example.nl", name="Bos")
        with app.app_context(), transaction():
            disable(session().get_one(User, gone.id), successor=None)

        def names(order):
            return [
                cell.find("a").text for cell in administrator.get(f"/desk/gebruikers{order}").all("td", class_="lead")
            ]

        assert names("") == ["Aalders", "Beatrix Beheer", "Zwaan", "Bos"]
        assert names("?sorteer=-naam") == ["Zwaan", "Beatrix Beheer", "Aalders", "Bos"]
        assert names("?sorteer=-ingelogd")[-1] == "Bos"

    def test_an_invited_colleague_chooses_a_password_and_is_in(self, administrator, pages, app):
        form = administrator.get("/desk/gebruikers/uitnodigen").form("/uitnodigen")
        answers = {"name": "Kees Smit", "email": "Kees@Example.nl", "roles": ["relations", "finance"]}
        page = administrator.submit(form, answers)
        assert page.heading == "Kees Smit"
        assert "onderweg naar Kees@Example.nl" in page.text
        with app.app_context():
            _row, text = texts(outbox()[0].id)
        assert "Beatrix Beheer heeft een account voor u gemaakt" in text
        link = re.search(r"http://localhost(/desk/wachtwoord/\S+)", text)[1]
        new = {"password": "vier-losse-lantaarns-varen", "again": "vier-losse-lantaarns-varen"}
        form = pages.submit(pages.get(link).form(link), new).form("/desk/inloggen")
        answers = {"email": "kees@example.nl", "password": new["password"]}
        assert pages.submit(form, answers).heading == "Tweede stap instellen"

    def test_an_address_serves_one_colleague(self, administrator, app):
        add(app, email="kees@example.nl")
        form = administrator.get("/desk/gebruikers/uitnodigen").form("/uitnodigen")
        page = administrator.submit(form, {"name": "K", "email": "KEES@example.nl"}, status=422)
        assert "al een gebruiker met dit e-mailadres" in page.text

    @pytest.mark.parametrize("email", ["geen adres", "a@b@c", "x" * 300 + "@example.nl"])
    def test_an_invitation_goes_to_an_address(self, administrator, email):
        form = administrator.get("/desk/gebruikers/uitnodigen").form("/uitnodigen")
        administrator.submit(form, {"name": "K", "email": email}, status=422)

    def test_a_name_is_one_line_and_reads_as_it_is_written(self, administrator, app):
        person = add(app, Role.RELATIONS)
        form = administrator.get(f"/desk/gebruikers/{person.id}").form(f"/gebruikers/{person.id}")
        # A form sends line breaks also in a field of one line, where it is made to.
        administrator.client.post(form.action, data=form.values() | {"name": "Kees\r\nBcc:\u202e Smit"})
        with app.app_context():
            assert session().get_one(User, person.id).name == "Kees Bcc: Smit"

    def test_a_change_of_roles_is_written_down_and_mailed(self, administrator, app):
        person = add(app, Role.RELATIONS, email="kees@example.nl")
        form = administrator.get(f"/desk/gebruikers/{person.id}").form(f"/gebruikers/{person.id}")
        administrator.submit(form, {"roles": ["finance"]})
        with app.app_context():
            entry = session().query(AuditEntry).filter_by(action="user.changed").one()
            assert (entry.subject_id, [row.recipient for row in outbox()]) == (person.id, ["kees@example.nl"])
            assert session().get_one(User, person.id).roles_held == {Role.FINANCE}

    def test_other_roles_end_the_sessions_of_who_has_them(self, administrator, staff_pages, app):
        person, invited = add(app, Role.RELATIONS, password="set"), add(app, Role.RELATIONS)
        theirs = staff_pages.signed_in(person.fs_uniquifier)
        for each in (person, invited):
            form = administrator.get(f"/desk/gebruikers/{each.id}").form(f"/gebruikers/{each.id}")
            administrator.submit(form, {"roles": ["relations", "administrator"]})
        assert theirs.client.get("/desk/account").status_code == 303
        with app.app_context():
            # The link of an invitation that is under way is made of it.
            assert session().get_one(User, invited.id).fs_uniquifier == invited.fs_uniquifier

    def test_who_changes_their_own_roles_goes_on(self, staff_pages, app):
        me = add(app, Role.ADMINISTRATOR, password="set")
        pages, elsewhere = (staff_pages.signed_in(me.fs_uniquifier) for _ in range(2))
        own = f"/desk/gebruikers/{me.id}"
        assert "Opgeslagen" in pages.submit(pages.get(own).form(own), {"roles": ["administrator", "auditor"]}).text
        assert elsewhere.client.get("/desk/account").status_code == 303

    def test_who_raises_themself_is_seen_by_the_others(self, administrator, app):
        add(app, Role.ADMINISTRATOR, email="ander@example.nl", password="set")
        own = administrator.get("/desk/gebruikers").link("Beatrix Beheer")
        administrator.submit(administrator.get(own).form(own), {"roles": ["administrator", "finance"]})
        with app.app_context():
            assert "ander@example.nl" in {row.recipient for row in outbox()}

    def test_who_makes_a_second_account_is_seen_by_the_others(self, administrator, app):
        add(app, Role.ADMINISTRATOR, email="ander@example.nl", password="set")
        form = administrator.get("/desk/gebruikers/uitnodigen").form("/uitnodigen")
        page = administrator.submit(form, {"name": "Bea", "email": "bea@example.nl", "roles": ["finance"]})
        form = page.form(page.address.removeprefix("http://localhost"))
        administrator.submit(form, {"roles": ["finance", "relations"]})
        with app.app_context():
            told = [row.kind for row in outbox() if row.recipient == "ander@example.nl"]
        assert told == ["staff_notice", "staff_notice"]

    def test_the_last_administrator_stays(self, administrator, app):
        add(app, Role.ADMINISTRATOR, name="Nog niet gekomen")
        own = administrator.get("/desk/gebruikers").link("Beatrix Beheer")
        page = administrator.submit(administrator.get(own).form(own), {"roles": ["relations"]}, status=422)
        assert "Maak daarom eerst iemand anders beheerder" in page.text
        left = administrator.submit(administrator.get(f"{own}/vertrek").form(f"{own}/vertrek"))
        assert "Maak daarom eerst iemand anders beheerder" in left.text

    def test_who_leaves_is_out_at_once_and_may_come_back(self, administrator, staff_pages, app):
        person = add(app, Role.RELATIONS)
        theirs = staff_pages.signed_in(person.fs_uniquifier)
        assert theirs.client.get("/desk/account").status_code == 200
        at = f"/desk/gebruikers/{person.id}"
        page = administrator.submit(administrator.get(f"{at}/vertrek").form(f"{at}/vertrek"))
        assert "kan niet meer inloggen" in page.text
        assert theirs.client.get("/desk/account").status_code == 303
        assert "kan weer inloggen" in administrator.submit(page.form(f"{at}/terug")).text

    def test_what_is_theirs_goes_to_their_successor(self, administrator, app, monkeypatch):
        person, successor = add(app), add(app, name="Opvolger")
        moved = []
        owned = Owned("taken", lambda number: 3 if number == person.id else 0, lambda *who: moved.append(who) or 3)
        monkeypatch.setattr("fundraising.accounts.services.users.OWNED", [*OWNED, owned])
        at = f"/desk/gebruikers/{person.id}/vertrek"
        administrator.submit(administrator.get(at).form(at), {"successor": str(successor.id)})
        assert moved == [(person.id, successor.id)]

    @pytest.mark.parametrize("nobody", ["themself", "left", "99999999999999999999"])
    def test_nothing_goes_to_who_cannot_see_to_it(self, administrator, app, nobody):
        person, left = add(app), add(app, name="Weg", disabled_at=now())
        numbers = {"themself": person.id, "left": left.id}
        at = f"/desk/gebruikers/{person.id}/vertrek"
        answers = administrator.get(at).form(at).values() | {"successor": str(numbers.get(nobody, nobody))}
        answer = administrator.client.post(at, data=answers)
        assert (answer.status_code, "die hier nog werkt" in answer.text) == (422, True)
        with app.app_context():
            assert session().get_one(User, person.id).active

    def test_a_lost_second_factor_is_set_up_anew(self, administrator, app):
        person = add(app, Role.FINANCE, totp_secret="set")
        at = f"/desk/gebruikers/{person.id}/tweede-stap"
        administrator.submit(administrator.get(at).form(at))
        with app.app_context():
            now_theirs = session().get_one(User, person.id)
            assert (now_theirs.totp_secret, now_theirs.fs_uniquifier != person.fs_uniquifier) == ("", True)

    def test_the_list_costs_no_more_as_it_grows(self, administrator, app, counted_queries):
        few = counted_queries(lambda: administrator.get("/desk/gebruikers"))
        for _ in range(30):
            add(app, Role.RELATIONS, Role.FINANCE)
        assert counted_queries(lambda: administrator.get("/desk/gebruikers")) == few


class TestByCommand:
    def test_the_first_administrator(self, runner, pages, app):
        result = runner.invoke(args=["users", "add", "b@example.nl", "Bea", "--role", "administrator", "--link"])
        assert result.exit_code == 0, result.output
        link = re.search(r"http://localhost(/desk/wachtwoord/\S+)", result.output)[1]
        new = {"password": "vier-losse-lantaarns-varen", "again": "vier-losse-lantaarns-varen"}
        assert "U kunt er nu mee inloggen" in pages.submit(pages.get(link).form(link), new).text
        again = runner.invoke(args=["users", "add", "B@example.nl", "Bea"])
        assert (again.exit_code, "already" in again.output) == (1, True)
        told = json.loads(runner.invoke(args=["users", "list", "--json"]).output)
        assert [(row["email"], row["roles"], row["has_password"]) for row in told] == [
            ("b@example.nl", ["administrator"], True)
        ]

    def test_roles_second_factor_leaving_and_coming_back(self, runner, app):
        add(app, Role.RELATIONS, email="kees@example.nl", totp_secret="set")
        for arguments in (
            ["roles", "kees@example.nl", "finance", "auditor"],
            ["reset-second-factor", "KEES@example.nl"],
            ["invite", "kees@example.nl"],
            ["sign-out", "kees@example.nl"],
            ["disable", "kees@example.nl"],
            ["enable", "kees@example.nl"],
        ):
            result = runner.invoke(args=["users", *arguments])
            assert result.exit_code == 0, result.output
        with app.app_context():
            person = user_by_email("kees@example.nl")
            assert (person.roles_held, person.totp_secret) == ({Role.FINANCE, Role.AUDITOR}, "")
            actors = {entry.actor_kind.value for entry in session().query(AuditEntry)}
            assert actors == {"command"}

    def test_the_last_administrator_stays(self, runner, app):
        add(app, Role.ADMINISTRATOR, email="bea@example.nl")
        for arguments in (["disable", "bea@example.nl"], ["roles", "bea@example.nl", "finance"]):
            result = runner.invoke(args=["users", *arguments])
            assert (result.exit_code, "another administrator first" in result.output) == (1, True)

    def test_an_unknown_colleague_is_named(self, runner, app_context):
        result = runner.invoke(args=["users", "disable", "niemand@example.nl"])
        assert (result.exit_code, "niemand@example.nl is no member of staff" in result.output) == (1, True)


def test_of_two_administrators_one_is_left(app_context):
    with transaction():
        first, second = (accounts.user(Role.ADMINISTRATOR, password="set") for _ in range(2))
    with transaction():
        change_user(first, name=first.name, roles=[])
    with pytest.raises(LastAdministrator), transaction():
        disable(second)


@pytest.mark.sqlite_only  # no database takes part
def test_a_password_is_kept_as_argon2_at_full_cost(config):
    application = create_app(config)  # other than the tests' own, whose hashes are cheap
    with application.app_context():
        assert hash_password("vier-losse-lantaarns-varen").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    dispose(application)
