"""Who may do what: the table in docs/desk.md is the groups of `setup_roles`; no action asks for a right that does not exist."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from neopanel.roles import ROLES, setup_roles

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
OURS = ("accounts", "orders", "helpcenter", "support")
PLAIN = ("add_", "change_", "delete_", "view_")
# A right as code and templates name it: "orders.switch_halt", perms.orders.view_halt.
NAMED = re.compile(r"""(?:["']|perms\.)(accounts|orders|helpcenter|support)\.([a-z]+_[a-z_]+)""")


def rights_of(role: str) -> set[str]:
    found = Group.objects.get(name=role).permissions.select_related("content_type")
    return {f"{right.content_type.app_label}.{right.codename}" for right in found}


def documented() -> dict[str, list[str]]:
    """Right -> the roles that have it, as the table says."""
    text = (ROOT / "docs/desk.md").read_text().partition("### Every right")[2]
    head, _line, *rows = [line for line in text.partition("\n## ")[0].splitlines() if line.startswith("|")]
    roles = [cell.strip() for cell in head.strip("|").split("|")][1:]
    found = {}
    for row in rows:
        right, *cells = [cell.strip() for cell in row.strip("|").split("|")]
        found[right.strip("`")] = [role for role, cell in zip(roles, cells, strict=True) if cell]
    assert set(roles) == set(ROLES)
    return found


def special() -> set[str]:
    """The rights to actions, beside Django's four for each table."""
    named = Permission.objects.filter(content_type__app_label__in=OURS).select_related("content_type")
    return {
        f"{right.content_type.app_label}.{right.codename}" for right in named if not right.codename.startswith(PLAIN)
    }


def writing() -> set[str]:
    """Rights of some role to add, change or delete."""
    all_of_them = set().union(*(rights_of(role) for role in ROLES))
    return {right for right in all_of_them if right.partition(".")[2].startswith(("add_", "change_", "delete_"))}


def test_the_table_in_the_handbook_is_what_the_groups_may():
    setup_roles()
    there = {role: rights_of(role) for role in ROLES}
    expected = {
        right: [role for role in ROLES if right in there[role]]
        for right in sorted(special() | {right for right in writing() if not right.startswith("helpcenter.")})
    }
    assert documented() == expected


def test_every_right_that_an_action_asks_for_exists():
    files = [*ROOT.glob("templates/**/*.html")]
    files += [
        file for app in (*OURS, "neopanel") for file in (ROOT / app).rglob("*.py") if "migrations" not in file.parts
    ]
    models = {f"{model._meta.app_label}.{model._meta.model_name}" for model in apps.get_models()}
    asked = {
        f"{app}.{word}"
        for file in files
        for app, word in NAMED.findall(file.read_text())
        if word.startswith(PLAIN) or f"{app}.{word}" in special()
    }
    there = {
        f"{right.content_type.app_label}.{right.codename}"
        for right in Permission.objects.select_related("content_type")
    }
    assert models
    assert len(asked) > 15
    assert {right for right in asked if not right.endswith("_")} - there == set()


def test_every_special_right_is_somebodys():
    setup_roles()
    assert special() - set().union(*(rights_of(role) for role in ROLES)) == set()


def test_the_auditor_reads_everything_and_writes_nothing():
    setup_roles()
    assert {right.partition(".")[2].partition("_")[0] for right in rights_of("Auditor")} == {"view"}


def test_nobody_deletes_history():
    setup_roles()
    for role in ROLES:
        deleting = {right for right in rights_of(role) if ".delete_" in right and not right.startswith("helpcenter.")}
        assert deleting <= {"orders.delete_category", "support.delete_cannedreply"}


def test_who_writes_help_does_not_approve_it_and_sees_no_customer():
    setup_roles()
    for role, may_approve in (("Content editor", False), ("Content reviewer", True)):
        rights = rights_of(role)
        assert ("helpcenter.approve_text" in rights) == may_approve
        assert {right.partition(".")[0] for right in rights} == {"helpcenter"}


def test_setting_up_roles_again_changes_nothing_and_keeps_what_was_added_by_hand():
    setup_roles()
    group = Group.objects.get(name="Support agent")
    extra = Permission.objects.get(codename="switch_halt")
    group.permissions.add(extra)
    before = rights_of("Support agent")
    setup_roles()
    assert rights_of("Support agent") == before
