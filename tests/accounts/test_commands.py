"""The operator's commands: who they make can sign in, and what they refuse they refuse in a sentence."""

import io

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User


def run(*arguments, **options) -> list[str]:
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue().splitlines()


def sign_in(client, email, password) -> bool:
    client.post("/accounts/login/", {"login": email, "password": password})
    return "_auth_user_id" in client.session


@pytest.fixture
def support_agents(db) -> Group:
    return Group.objects.get_or_create(name="Support agent")[0]


def test_a_customer_made_at_the_terminal_signs_in_at_once(client, db):
    run("create_customer", "New@Example.com", "--password", "a-long-password")
    assert sign_in(client, "new@example.com", "a-long-password")
    assert not User.objects.get(email="new@example.com").is_staff


def test_staff_get_the_rights_of_their_role_alone(client, support_agents):
    run("create_staff", "anna@example.com", "--role", "support AGENT", "--password", "a-long-password")
    anna = User.objects.get(email="anna@example.com")
    assert (anna.is_staff, anna.is_superuser, list(anna.groups.all())) == (True, False, [support_agents])
    assert sign_in(client, "anna@example.com", "a-long-password")


def test_a_password_that_was_not_given_is_made_and_printed_last(client, support_agents):
    lines = run("create_staff", "anna@example.com", "--role", "Support agent")
    assert len(lines[-1]) >= 20
    assert sign_in(client, "anna@example.com", lines[-1])


def test_an_administrator_may_do_everything(db):
    run("create_staff", "root@example.com", "--role", "admin", "--password", "a-long-password")
    root = User.objects.get(email="root@example.com")
    assert (root.is_staff, root.is_superuser) == (True, True)


@pytest.mark.parametrize(
    ("scope", "given"), [("order", []), ("read", ["--scope", "read"]), ("order", ["--scope", "order"])]
)
def test_an_issued_key_stands_alone_on_the_last_line_and_works(customer, scope, given):
    lines = run("issue_api_key", customer.email, "--name", "Nightly", *given)
    key = api_keys.find(text=lines[-1], now=timezone.now())
    assert (key.user, key.name, key.scope) == (customer, "Nightly", scope)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("create_customer", "carol@example.com", "--password", "x"),
            "already an account with the address carol@example.com",
        ),
        (
            ("create_customer", "CAROL@example.com", "--password", "x"),
            "already an account with the address carol@example.com",
        ),
        (("create_customer", "carol", "--password", "x"), "“carol” is not an email address."),
        (("create_customer", "new@example.com", "--password", ""), "The password is empty."),
        (("create_staff", "new@example.com", "--role", "Pope"), "There is no role “Pope”. Roles: "),
        (("create_staff", "new@example.com", "--role", "Support agent", "--password", ""), "The password is empty."),
        (
            ("issue_api_key", "nobody@example.com", "--name", "Script"),
            "There is no account with the address nobody@example.com.",
        ),
        (("issue_api_key", "carol@example.com", "--name", " "), "The name must have 1 to 80 characters."),
        (("issue_api_key", "carol@example.com", "--name", "x" * 81), "The name must have 1 to 80 characters."),
        (("issue_api_key", "carol@example.com", "--name", "x", "--scope", "all"), "invalid choice: 'all'"),
    ],
)
def test_a_refused_command_says_why_and_writes_nothing(customer, support_agents, arguments, sentence):
    with pytest.raises(CommandError, match=sentence.replace("(", r"\(")):
        run(*arguments)
    assert list(User.objects.all()) == [customer]
    assert ApiKey.objects.count() == 0
