"""The rules of docs/architecture.md that readers of the code rely on, and a proof for each that a breach is noticed."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 400

# What each app may import of the others. `neopanel` wires everything and is imported by nobody.
APPS = {
    "accounts": (),
    "orders": ("accounts",),
    "helpcenter": ("orders.statuses",),
    "support": ("accounts", "orders", "helpcenter"),
    "neopanel": ("accounts", "orders", "helpcenter", "support"),
}

# Inside orders, from the ground up: a module imports from its own layer and from those before it.
LAYERS = (
    {"statuses", "money", "links", "platforms", "service_types", "sealing", "deadlocks", "tracing", "rows"},
    {"reports", "patience"},
    {"models"},
    {
        "facts",
        "ledger",
        "telling",
        "triggers",
        "verification",
        "backups",
        "runtime_role",
        "halt",
        "limits",
        "timetable",
        "breaker",
        "trail",
        "drip",
        "refill_rules",
        "earlier_reports",
    },
    {"lifecycle", "provider"},
    {"provider_health", "deposits"},
    {"placing", "submission", "importing", "desk", "steering", "refills", "turns", "notes", "shelving", "pricing"},
    {"sync", "wishes", "tallies", "mass", "delivery_times", "catalogue_jobs"},
    {
        "verdict",
        "queries",
        "reader",
        "groups",
        "forgetting",
        "spending",
        "spread",
        "shelves",
        "service_cells",
        "order_letters",
        "notifications",
        "bookkeeping",
        "worker",
    },
    {"forms", "exports", "deposit_forms", "desk_forms", "order_page", "order_list"},
    {"views", "api", "admin", "management", "templatetags", "urls", "checks", "apps"},
)
LAYER_OF = {name: height for height, names in enumerate(LAYERS) for name in names}

# Neighbours that must not know each other, and pages, which never talk to a provider.
FORBIDDEN = {
    "orders.lifecycle": ("orders.provider",),
    "orders.provider": ("orders.models", "orders.lifecycle"),
    "orders.forms": ("orders.provider.client", "orders.provider.transport"),
    "orders.views": ("orders.provider.client", "orders.provider.transport"),
    "orders.api": ("orders.provider.client", "orders.provider.transport"),
    "orders.admin": ("orders.provider.client", "orders.provider.transport"),
    "orders.templatetags": ("orders.provider.client", "orders.provider.transport"),
}

# A module says what it does.
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "services"}
MODEL_SIGNALS = {"pre_init", "post_init", "pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed"}


@dataclass(frozen=True)
class Module:
    path: str
    source: str

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full dotted name of everything that is imported, relative names resolved."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = self.origin(node)
                yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)

    def origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".") if self.path.endswith("/__init__.py") else self.name.split(".")[:-1]
        package = package[: len(package) - node.level + 1]
        return ".".join([*package, node.module] if node.module else package)


def inside(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def wrong_direction_between_apps(module: Module) -> Iterator[str]:
    app = module.name.split(".")[0]
    if app not in APPS:
        return
    for line, name in module.imports():
        if inside(name, *APPS) and not inside(name, app, *APPS[app]):
            yield f"{module.path}:{line} imports {name}"


def wrong_direction_inside_orders(module: Module) -> Iterator[str]:
    if not inside(module.name, "orders") or module.name == "orders":
        return
    own = module.name.split(".")[1]
    if own not in LAYER_OF:
        yield f"{module.path} has no layer: give it one in LAYERS, where its imports allow"
        return
    for line, name in module.imports():
        other = name.split(".")[1] if inside(name, "orders") and "." in name else ""
        if LAYER_OF.get(other, -1) > LAYER_OF[own]:
            yield f"{module.path}:{line} imports {name} from a higher layer"
        if any(inside(module.name, here) and inside(name, *there) for here, there in FORBIDDEN.items()):
            yield f"{module.path}:{line} imports {name}, which it must not know"


def import_inside_a_function(module: Module) -> Iterator[str]:
    for function in ast.walk(module.tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if function.name == "ready" and module.path.endswith("apps.py"):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield f"{module.path}:{node.lineno} imports inside {function.name}()"


def status_written_past_its_door(module: Module) -> Iterator[str]:
    for call in calls(module, "update"):
        if "status" in {keyword.arg for keyword in call.keywords}:
            yield f"{module.path}:{call.lineno} sets a status by update()"


def order_saved_whole(module: Module) -> Iterator[str]:
    """A stale order saved whole puts an old status back. Only at its birth is there nothing to put back."""
    if not inside(module.name, "orders"):
        return
    for call in calls(module, "save"):
        whose = ast.unparse(call.func.value)
        narrow = {keyword.arg for keyword in call.keywords} & {"update_fields", "force_insert"}
        if whose.split(".")[-1].split("_")[-1] == "order" and not narrow:
            yield f"{module.path}:{call.lineno} saves {whose} without update_fields"


def model_signal(module: Module) -> Iterator[str]:
    for line, name in module.imports():
        if name.split(".")[-1] in MODEL_SIGNALS:
            yield f"{module.path}:{line} uses {name}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in MODEL_SIGNALS:
            yield f"{module.path}:{node.lineno} uses {node.attr}"


def name_that_says_nothing(module: Module) -> Iterator[str]:
    if wrong := NAMES_THAT_SAY_NOTHING & set(module.name.split(".")):
        yield f"{module.path}: {', '.join(sorted(wrong))} says nothing about the job"


def file_too_long(module: Module) -> Iterator[str]:
    lines = module.source.count("\n")
    if lines > LONGEST_FILE:
        yield f"{module.path} has {lines} lines: cut it by job"


def calls(module: Module, method: str) -> Iterator[ast.Call]:
    """Every call of `something.method(...)`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method:
            yield node


def project() -> list[Module]:
    folders = [*APPS, "tools", "tests"]
    files = [*ROOT.glob("*.py"), *(file for folder in folders for file in (ROOT / folder).rglob("*.py"))]
    return [
        Module(path=file.relative_to(ROOT).as_posix(), source=file.read_text())
        for file in sorted(files)
        if "migrations" not in file.parts
    ]


RULES = [
    wrong_direction_between_apps,
    wrong_direction_inside_orders,
    import_inside_a_function,
    status_written_past_its_door,
    order_saved_whole,
    model_signal,
    name_that_says_nothing,
    file_too_long,
]


@pytest.mark.parametrize("rule", RULES)
def test_the_project_keeps_the_rule(rule):
    modules = project()
    assert len(modules) > len(APPS)
    breaches = [breach for module in modules for breach in rule(module)]
    assert breaches == []


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (wrong_direction_between_apps, "accounts/views.py", "from orders.models import Order"),
        (wrong_direction_between_apps, "helpcenter/guide.py", "from orders import verdict"),
        (wrong_direction_between_apps, "helpcenter/guide.py", "import orders.models"),
        (wrong_direction_between_apps, "orders/verdict.py", "from helpcenter.models import Article"),
        (wrong_direction_between_apps, "orders/views/detail.py", "from support import ticketing"),
        (wrong_direction_between_apps, "support/views.py", "from neopanel import views"),
        (wrong_direction_inside_orders, "orders/statuses.py", "from orders.models import Order"),
        (wrong_direction_inside_orders, "orders/models/order.py", "from .. import ledger"),
        (wrong_direction_inside_orders, "orders/ledger.py", "from .lifecycle import report"),
        (wrong_direction_inside_orders, "orders/queries.py", "from orders import forms"),
        (wrong_direction_inside_orders, "orders/lifecycle.py", "from orders.provider.wire import Report"),
        (wrong_direction_inside_orders, "orders/provider/client.py", "from orders.models import Provider"),
        (wrong_direction_inside_orders, "orders/views/new.py", "from orders.provider.client import ProviderClient"),
        (wrong_direction_inside_orders, "orders/stuff.py", ""),
        (import_inside_a_function, "orders/sync.py", "def due():\n    from orders import ledger"),
        (import_inside_a_function, "orders/sync.py", "class A:\n    def ready(self):\n        import json"),
        (status_written_past_its_door, "orders/sync.py", "Order.objects.filter(pk=1).update(status='completed')"),
        (order_saved_whole, "orders/lifecycle.py", "order.save()"),
        (order_saved_whole, "orders/admin/orders.py", "event.order.save()"),
        (order_saved_whole, "orders/lifecycle.py", "locked_order.save(using='default')"),
        (model_signal, "orders/apps.py", "from django.db.models.signals import post_save"),
        (model_signal, "orders/apps.py", "from django.db.models import signals\nsignals.pre_delete.connect(f)"),
        (name_that_says_nothing, "orders/utils.py", ""),
        (name_that_says_nothing, "support/helpers/tickets.py", ""),
        (file_too_long, "orders/views/detail.py", "\n" * (LONGEST_FILE + 1)),
    ],
)
def test_a_breach_is_noticed(rule, path, source):
    assert len(list(rule(Module(path, source)))) == 1


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (wrong_direction_between_apps, "helpcenter/guide.py", "from orders.statuses import OrderStatus"),
        (wrong_direction_between_apps, "neopanel/views.py", "from support import ticketing"),
        (wrong_direction_inside_orders, "orders/sync.py", "from orders.provider.client import ProviderClient"),
        (wrong_direction_inside_orders, "orders/models/event.py", "from .order import Order"),
        (
            import_inside_a_function,
            "orders/apps.py",
            "class A:\n    def ready(self):\n        from orders import checks",
        ),
        (status_written_past_its_door, "orders/sync.py", "Order.objects.filter(pk=1).update(next_poll_at=later)"),
        (order_saved_whole, "orders/lifecycle.py", "order.save(update_fields=['status'])"),
        (order_saved_whole, "orders/admin/notes.py", "note.save()"),
        (model_signal, "orders/apps.py", "from django.db.models.signals import post_migrate"),
        (name_that_says_nothing, "orders/service_types.py", ""),
        (file_too_long, "orders/views/detail.py", "\n" * LONGEST_FILE),
    ],
)
def test_what_the_rules_allow_passes(rule, path, source):
    assert list(rule(Module(path, source))) == []
