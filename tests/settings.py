"""The panel's settings with what a test run changes: a folder of its own, quick password hashes, mail in memory."""

import atexit
import os
import shutil
import tempfile

if not os.environ.get("NEOPANEL_DATA_DIR"):
    # pytest called directly: a folder that ends with this run, so that two runs at the same time never meet.
    # The processes of pytest-xdist inherit it, and Django gives each of them a database of its own inside.
    os.environ["NEOPANEL_DATA_DIR"] = tempfile.mkdtemp(prefix="neopanel-test-")
    atexit.register(shutil.rmtree, os.environ["NEOPANEL_DATA_DIR"], ignore_errors=True)

from neopanel.settings import *  # noqa: F403
from neopanel.settings import DATA_DIR, DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file: in memory, 32 of 50 threads met "table is locked".
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "tests.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
