"""What protects every page, whoever serves it; and a panel with unsafe settings, which must not serve at all."""

import os
import subprocess
import sys

import pytest

from helpcenter import first_edition
from neopanel.env import ROOT, make_field_key, make_secret
from tests.factories import NOW, make_service, place

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
    "object-src": "'none'",
    "report-uri": "/csp-report/",
}

OPEN_PAGES = [
    "/",
    "/services/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/help/",
    "/help/faq/",
    "/help/search/?q=partial",
    "/help/orders-troubleshooting/order-statuses-explained/",
    "/no-such-page/",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/api/",
    "/api/openapi.json",
    "/api/v1",
    "/api/v2",
]
OWN_PAGES = [
    "/",
    "/orders/",
    "/orders/new/",
    "/orders/{order}/",
    "/orders/0/",
    "/balance/",
    "/balance/add/",
    "/tickets/",
    "/tickets/new/?order={order}",
    "/accounts/api-keys/",
    "/accounts/preferences/",
    "/accounts/email/",
    "/accounts/2fa/",
]
STAFF_PAGES = [
    "/admin/",
    "/admin/orders/order/",
    "/admin/orders/order/{order}/change/",
    "/admin/orders/service/add/",
    "/admin/support/ticket/",
    "/admin/helpcenter/article/add/",
    "/admin/nothing/",
]


def assert_protected(answer) -> None:
    told = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";") if part.strip())
    assert told == POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Permissions-Policy"] == "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    assert "HX-Request" in answer["Vary"]


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_open_pages_are_protected(client, db, path):
    first_edition.load(now=NOW)
    make_service()
    assert_protected(client.get(path))


@pytest.mark.parametrize("path", OWN_PAGES)
def test_a_customers_pages_are_protected_and_kept_by_no_cache(client, customer, path):
    first_edition.load(now=NOW)
    client.force_login(customer)
    answer = client.get(path.format(order=place(customer).pk))
    assert_protected(answer)
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_the_admin_is_protected_alike(client, admin, path):
    client.force_login(admin)
    answer = client.get(path.format(order=place(admin).pk))
    assert_protected(answer)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/orders/", "/admin/"])
def test_the_way_to_sign_in_is_protected(client, db, path):
    assert_protected(client.get(path))


def test_refused_forms_and_fragments_are_protected(client, customer):
    client.force_login(customer)
    assert_protected(client.post("/orders/new/", {}))
    assert_protected(client.get("/orders/", headers={"HX-Request": "true"}))


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client, customer):
    client.post("/accounts/login/", {"login": customer.email, "password": "correct-horse-battery"})
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_forged_host_is_refused(client, db):
    assert client.get("/services/", headers={"Host": "evil.example"}).status_code == 400


def test_a_forwarded_host_or_scheme_changes_nothing(client, customer):
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "1.2.3.4, " * 50}
    answer = client.get("/orders/", headers=forged)
    assert answer["Location"] == "/accounts/login/?next=/orders/"


def test_a_cookie_of_a_hundred_kilobytes_breaks_nothing(client, db):
    client.cookies["theme"] = "x" * 100_000
    assert client.get("/services/").status_code == 200


# --- Start

GOOD = {
    "NEOPANEL_ENV": "production",
    "SECRET_KEY": make_secret(),
    "NEOPANEL_FIELD_KEYS": make_field_key(),
    "ALLOWED_HOSTS": "shop.example",
    "EMAIL_URL": "smtp+tls://user:password@mail.example:587",
}


def started(*program: str, folder, **settings: str) -> subprocess.CompletedProcess:
    """This program of the panel, in a process of its own with these settings and no others of ours."""
    ours = ("NEOPANEL_", "DJANGO_", "DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL", "CACHE_URL", "HOST")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, *program],
        cwd=ROOT,
        env={**surroundings, "NEOPANEL_DATA_DIR": str(folder), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def migrated_folder(tmp_path):
    started("manage.py", "migrate", "--verbosity", "0", folder=tmp_path).check_returncode()
    return tmp_path


def checked(folder, **settings: str) -> subprocess.CompletedProcess:
    return started("manage.py", "check", folder=folder, **settings)


# After any other code gunicorn would start the next process, for ever.
NEVER_BOOTS = 3


def test_production_with_safe_settings_starts_and_django_has_no_warning(tmp_path):
    result = started("manage.py", "check", "--deploy", "--fail-level", "WARNING", folder=tmp_path, **GOOD)
    assert result.returncode == 0, result.stderr


def test_production_without_settings_refuses_to_start_with_one_list(tmp_path):
    result = started("-c", "import neopanel.wsgi", folder=tmp_path, NEOPANEL_ENV="production")
    assert result.returncode == NEVER_BOOTS
    told = [line for line in result.stderr.splitlines() if line.startswith(("neopanel", "  - "))]
    assert told == [
        "neopanel refuses to start:",
        "  - SECRET_KEY must be set to at least 50 random characters.",
        "  - NEOPANEL_FIELD_KEYS must hold at least one key (python3 run.py manage make_field_key prints one).",
        "  - ALLOWED_HOSTS must name the host names of this shop; * is not allowed.",
        "  - EMAIL_URL must say how mail is sent, for example smtp+tls://user:password@mail.example.com:587.",
    ]
    assert "Traceback" not in result.stderr


UNSAFE = [
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "s" * 64),
    ("NEOPANEL_FIELD_KEYS", "no-key"),
    ("ALLOWED_HOSTS", "shop.example,*"),
    ("EMAIL_URL", "smtp://localhost:25"),
    ("CACHE_URL", "locmemcache://"),
]


@pytest.mark.parametrize(("name", "value"), UNSAFE)
def test_production_refuses_each_unsafe_setting_by_its_name(tmp_path, name, value):
    for program, code in ((("manage.py", "check"), 1), (("-c", "import neopanel.wsgi"), NEVER_BOOTS)):
        result = started(*program, folder=tmp_path, **GOOD | {name: value})
        assert result.returncode == code
        assert name in result.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("NEOPANEL_ENV", "staging"), ("NEOPANEL_POLL_SECONDS", "often"), ("PORT", "eighty")]
)
def test_a_setting_that_means_nothing_is_named(tmp_path, name, value):
    result = checked(tmp_path, **{name: value})
    assert result.returncode != 0
    assert value in result.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "panel.example"])  # noqa: S104
def test_the_demo_refuses_to_answer_other_machines(tmp_path, host):
    result = started("-c", "import neopanel.wsgi", folder=tmp_path, HOST=host)
    assert result.returncode == NEVER_BOOTS
    assert f"refuses to answer on HOST={host}" in result.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_the_demo_answers_its_own_machine(tmp_path, host):
    assert started("-c", "import neopanel.wsgi", folder=tmp_path, HOST=host).returncode == 0


def test_the_worker_refuses_unsafe_settings_too(tmp_path):
    result = started("manage.py", "worker", "--once", folder=tmp_path, **GOOD | {"ALLOWED_HOSTS": "*"})
    assert result.returncode == 1
    assert "ALLOWED_HOSTS" in result.stderr


def test_what_is_looked_at_before_a_worker_starts_imports_no_page(tmp_path):
    look = "checks.run_checks(tags=AT_START, databases=['default'])"
    program = f"import sys, django; django.setup(); from neopanel.checks import AT_START, checks; {look}"
    result = started(
        "-c",
        f"{program}; sys.exit('neopanel.urls' in sys.modules)",
        folder=tmp_path,
        DJANGO_SETTINGS_MODULE="neopanel.settings",
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_web_process_has_imported_its_pages_before_it_answers(migrated_folder):
    program = "import sys, neopanel.wsgi; sys.exit('neopanel.urls' not in sys.modules)"
    assert started("-c", program, folder=migrated_folder).returncode == 0


def test_a_web_process_never_looks_for_garbage_among_what_it_has_imported(migrated_folder):
    program = "import gc, neopanel.wsgi; print(gc.get_freeze_count())"
    result = started("-c", program, folder=migrated_folder)
    assert int(result.stdout) > 10_000, result.stderr


def test_a_worker_does_not_look_there_either(migrated_folder):
    program = (
        "import django, gc, sys; django.setup(); from django.core.management import call_command; from orders import worker;"
        "worker.run_for_ever = lambda *a, **k: sys.exit(gc.get_freeze_count() < 10_000); call_command('worker')"
    )
    result = started("-c", program, folder=migrated_folder, DJANGO_SETTINGS_MODULE="neopanel.settings")
    assert result.returncode == 0, result.stderr


def test_the_library_for_a_bucket_is_there_by_then(migrated_folder):
    program = "import sys, neopanel.wsgi; sys.exit('boto3' not in sys.modules)"
    assert started("-c", program, folder=migrated_folder, NEOPANEL_UPLOADS="s3://shop-files").returncode == 0
    assert started("-c", program, folder=migrated_folder).returncode == 1


def test_the_thread_that_hands_requests_out_holds_no_connection(migrated_folder):
    program = "import neopanel.wsgi; from django.db import connection; print(connection.connection)"
    assert started("-c", program, folder=migrated_folder).stdout == "None\n"


def test_demo_accounts_are_not_made_in_production(tmp_path):
    result = started("manage.py", "load_demo", folder=tmp_path, **GOOD)
    assert result.returncode == 1
    assert "known passwords" in result.stderr


def test_pages_are_compressed_for_who_can_read_it(client, customer):
    client.force_login(customer)
    plain, packed = client.get("/"), client.get("/", headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(plain.content) / 2


def test_what_programs_read_is_never_compressed(client, db):
    answer = client.post("/api/v2", {"key": "x" * 300, "action": "services"}, headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in answer
    assert answer.json() == {"error": "Invalid API key"}
