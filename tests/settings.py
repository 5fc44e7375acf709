"""The panel's settings with what a test run changes: quick password hashes, mail in memory, plain static files."""

import tempfile
from pathlib import Path

from neopanel.settings import *  # noqa: F403
from neopanel.settings import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file: in memory, 32 of 50 threads met "table is locked".
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / "neopanel-tests.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
