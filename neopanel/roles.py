"""Who may do what in /admin/: one table, made into groups by `setup_roles`."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

READ_ALL = ("accounts.view_user", "orders.view_*", "support.view_*", "helpcenter.view_*")
# Who writes does not approve: that is the reviewer's right.
EDIT_HELP = ("helpcenter.add_*", "helpcenter.change_*", "helpcenter.view_*", "helpcenter.delete_*")
REVIEW_HELP = ("helpcenter.*",)
ANSWER = (*READ_ALL, "support.answer_ticket")
PREPARE = ("support.add_cannedreply", "support.change_cannedreply", "support.delete_cannedreply")
ANNOUNCE = ("support.add_sitenotice", "support.change_sitenotice")

# Money of orders and payments, each movement within the shop's limit (NEOPANEL_MONEY_LIMIT).
DESK = (*ANSWER, "orders.decide_deposit", "orders.settle_order", "orders.refund_order")

ROLES: dict[str, tuple[str, ...]] = {
    "Support agent": DESK,
    "Support lead": (
        *DESK,
        *PREPARE,
        *ANNOUNCE,
        "accounts.reset_second_factor",
        "orders.exceed_limit",
        "orders.set_custom_rate",
        "orders.adjust_balance",
        "orders.switch_halt",
    ),
    "Content editor": EDIT_HELP,
    "Content reviewer": REVIEW_HELP,
    "Auditor": READ_ALL,
    "Operator": (
        *READ_ALL,
        *ANNOUNCE,
        "orders.add_category",
        "orders.change_category",
        "orders.delete_category",
        "orders.add_service",
        "orders.change_service",
        "orders.set_custom_rate",
        "orders.change_provider",
        "orders.steer_provider",
        "orders.switch_halt",
        "orders.add_paymentmethod",
        "orders.change_paymentmethod",
    ),
}
# Nobody deletes history, whatever a wildcard says.
NEVER = Q(content_type__app_label__in=["orders", "support"], codename__startswith="delete_") & ~Q(
    codename__in=["delete_category", "delete_cannedreply"]
)


def setup_roles() -> list[str]:
    """Makes each role's group and gives it what the table says; rights that an operator added by hand stay. The names."""
    for name, rights in ROLES.items():
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.add(*permissions(rights))
    return list(ROLES)


def permissions(rights: tuple[str, ...]) -> list[Permission]:
    wanted = Q()
    for right in rights:
        app_label, codename = right.split(".")
        match = Q(content_type__app_label=app_label)
        if codename.endswith("*"):
            match &= Q(codename__startswith=codename.removesuffix("*"))
        else:
            match &= Q(codename=codename)
        wanted |= match
    return list(Permission.objects.filter(wanted).exclude(NEVER))
