"""One settings file; everything that differs between shops comes from the environment (`neopanel/env.py`, `docs/operations.md`)."""

import environ
from csp.constants import NONE, SELF
from django.urls import reverse_lazy

from neopanel.env import (
    ROOT,
    amount_of,
    call_rate,
    data_dir,
    database,
    env,
    flag,
    generated,
    incoming,
    languages,
    log_level,
    mail_server,
    make_field_key,
    make_secret,
    networks,
    number,
    poll_schedule,
    reply_target,
    shared_cache,
    support_hours,
    time_zone,
    upload_storage,
    whole,
)

NEOPANEL_ENV = env.str("NEOPANEL_ENV", default="demo")
if NEOPANEL_ENV not in {"demo", "production"}:
    raise environ.ImproperlyConfigured(f"NEOPANEL_ENV must be demo or production, not {NEOPANEL_ENV!r}.")
DEMO = NEOPANEL_ENV == "demo"
DATA_DIR = data_dir()

# --- Secrets: the demo makes its own; in production `neopanel/checks.py` refuses to start without them.
SECRET_KEY = env.str("SECRET_KEY", default="") or (
    generated(DATA_DIR, "secret-key", make_secret) if DEMO else "missing"
)
FIELD_KEYS = env.list("NEOPANEL_FIELD_KEYS", default=[]) or (
    [generated(DATA_DIR, "field-key", make_field_key)] if DEMO else []
)

# --- The shop
BRAND = env.str("NEOPANEL_BRAND", default="Neofollower")
CURRENCY = env.str("NEOPANEL_CURRENCY", default="USD")
SUPPORT_HOURS = env.str("NEOPANEL_SUPPORT_HOURS", default="")
SUPPORT_SCHEDULE = support_hours(SUPPORT_HOURS)
# Within so much of those hours a customer should hear from us first, and then after each word of theirs.
FIRST_REPLY_WITHIN = reply_target("NEOPANEL_FIRST_REPLY", default="4h")
NEXT_REPLY_WITHIN = reply_target("NEOPANEL_NEXT_REPLY", default="8h")
# Pictures are rebuilt; a PDF cannot be, so a shop takes it only on purpose.
TICKET_PDF = flag("NEOPANEL_TICKET_PDF")
POLL_SCHEDULE = poll_schedule(env.str("NEOPANEL_POLL_SECONDS", default="3,10,30,60" if DEMO else "30,120,600,3600"))
# Money that an agent may move at once without a lead, in units; and when a provider's returns wait for a person.
MONEY_LIMIT = amount_of("NEOPANEL_MONEY_LIMIT", default="50.00")
BREAKER_PERCENT = whole("NEOPANEL_BREAKER_PERCENT", default=20, least=0, most=100)
BREAKER_ORDERS = whole("NEOPANEL_BREAKER_ORDERS", default=10, least=1)
API_RATE = call_rate(env.str("NEOPANEL_API_RATE", default="120/min"))
# The demo's provider listens on this machine, on another port after each start.
ALLOW_PRIVATE_HOSTS = env.list("NEOPANEL_ALLOW_PRIVATE_HOSTS", default=["127.0.0.1"] if DEMO else [])
# Whether the author of a help text may approve it: for shops with one editor.
HELP_SELF_APPROVAL = flag("NEOPANEL_HELP_SELF_APPROVAL")
DEMO_SPEED = number("NEOPANEL_DEMO_SPEED", default=1.0)

# --- Where it answers
DEBUG = False
PORT = whole("PORT", default=8000, least=1, most=65535)
HOST = env.str("HOST", default="127.0.0.1")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEMO else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Where links in mails lead: no request is at hand where they are written.
SITE_ADDRESS = f"http://localhost:{PORT}" if DEMO else f"https://{(ALLOWED_HOSTS or ['localhost'])[0].lstrip('.')}"
ROOT_URLCONF = "neopanel.urls"
WSGI_APPLICATION = "neopanel.wsgi.application"

INSTALLED_APPS = [
    "neopanel.apps.NeopanelConfig",
    "accounts.apps.AccountsConfig",
    "orders.apps.OrdersConfig",
    "helpcenter.apps.HelpcenterConfig",
    "support.apps.SupportConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "template_partials",
    "csp",
]

MIDDLEWARE = [
    "neopanel.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "neopanel.middleware.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "neopanel.maintenance.MaintenanceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "neopanel.htmx.SignInRedirectMiddleware",
    "neopanel.middleware.SignInMiddleware",
    "neopanel.middleware.PageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "neopanel.middleware.StaffSecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "neopanel.middleware.SessionListMiddleware",
    "neopanel.middleware.ButtonAddressMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "neopanel.context.shop",
            ],
            "builtins": ["neopanel.templatetags.drawings"],
        },
    },
]

# --- Database: SQLite by default, PostgreSQL by DATABASE_URL
DATABASES = {"default": database("DATABASE_URL", DATA_DIR)}
# Behind PgBouncer in transaction mode.
POOLED = flag("NEOPANEL_POOLED")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction takes the write lock when it begins. Without it simultaneous spends fail with "database is
    # locked"; `neopanel/checks.py` insists. FULL: an acknowledged order survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = whole("CONN_MAX_AGE", default=60, least=0)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    if POOLED:
        # The connection is another one for each transaction: nothing may rest on what it knew before. The time-outs are the
        # role's own then (ALTER ROLE); `neopanel/checks.py` insists.
        DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        # Pages read little: to start helpers or a compiler for them takes longer than they save.
        DATABASES["default"].setdefault("OPTIONS", {}).setdefault(
            "options",
            "-c lock_timeout=10000 -c statement_timeout=60000 -c max_parallel_workers_per_gather=0 -c jit=off",
        )

CACHES = {
    "default": shared_cache("CACHE_URL", default="locmemcache://" if DEMO else "dbcache://neopanel_cache"),
}

# --- People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
# Whoever changes a password, an address or a second factor tells its owner.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.worded_forms.LoginForm",
    "signup": "accounts.worded_forms.SignupForm",
    "add_email": "accounts.worded_forms.AddEmailForm",
    "change_password": "accounts.worded_forms.ChangePasswordForm",
    "reset_password": "accounts.worded_forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.worded_forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.worded_forms.ReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = BRAND
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "accounts.worded_forms.AddKeyForm"}
USERSESSIONS_TRACK_ACTIVITY = True
# Who works in /admin/ needs more than a password; the demo's accounts have one that everybody knows anyway.
STAFF_SECOND_FACTOR = not DEMO

# --- Mail: the demo writes it to the terminal and to the data folder
if MAIL_SERVER := mail_server("EMAIL_URL"):
    vars().update(MAIL_SERVER)
elif DEMO:
    EMAIL_BACKEND = "neopanel.mail.DemoMailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
# A mail server that takes a connection and says nothing holds nobody up for longer.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{BRAND} <no-reply@example.com>")

# --- Words, times, numbers
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
# Named in their own words, for people who do not read the page's. Every one needs its catalogue in locale/ (docs/translating.md).
KNOWN_LANGUAGES = {"en": "English", "es": "Español"}
LANGUAGES = languages(env.list("NEOPANEL_LANGUAGES", default=["en", "es"]), KNOWN_LANGUAGES, first=LANGUAGE_CODE)
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = time_zone("TIME_ZONE")
USE_TZ = True
FORMAT_MODULE_PATH = ["neopanel.formats"]
USE_THOUSAND_SEPARATOR = False

# --- Static files: hashed, compressed, served by the web process itself
STATIC_URL = "/static/"
STATIC_ROOT = ROOT / ".static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": upload_storage("NEOPANEL_UPLOADS", DATA_DIR),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Files that people send: so much is read and no more; they wait inside the data folder
FILE_UPLOAD_HANDLERS = [
    "support.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_TEMP_DIR = incoming(DATA_DIR)

# --- Security
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # data: for the QR code of the second factor
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "report-uri": ["/csp-report/"],
    },
}
PRODUCTION_HTTPS = not DEMO
SECURE_SSL_REDIRECT = PRODUCTION_HTTPS
SESSION_COOKIE_SECURE = PRODUCTION_HTTPS
CSRF_COOKIE_SECURE = PRODUCTION_HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION_HTTPS
SECURE_HSTS_PRELOAD = PRODUCTION_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The health pages and the metrics are asked for over plain http, by load balancers and from inside.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
BEHIND_PROXY = flag("NEOPANEL_BEHIND_PROXY")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Who may read /metrics: whoever has the token; without one, these addresses
METRICS_TOKEN = env.str("NEOPANEL_METRICS_TOKEN", default="")
METRICS_FROM = networks("NEOPANEL_METRICS_FROM", default="127.0.0.0/8, ::1")

# --- The log: lines for people in the demo, for programs in production; each with the id of its request
LOG_FORMAT = env.str("LOG_FORMAT", default="line" if DEMO else "json")
if LOG_FORMAT not in {"line", "json"}:
    raise environ.ImproperlyConfigured(f"LOG_FORMAT must be line or json, not {LOG_FORMAT!r}.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"traced": {"()": "neopanel.logs.Traced"}},
    "formatters": {
        "line": {"()": "neopanel.logs.Line", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "neopanel.logs.JsonLine"},
    },
    "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["traced"]}},
    "root": {"handlers": ["terminal"], "level": log_level("LOG_LEVEL")},
    "loggers": {
        "neopanel": {"level": "INFO"},
        "orders": {"level": "INFO"},
        # A line a request: in the demo they would hide the mails that people look for there.
        "neopanel.request_ids": {"level": "WARNING" if DEMO else "INFO"},
    },
}
