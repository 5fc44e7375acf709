"""What the web server imports. A panel with unsafe settings or without its ledger triggers must not answer at all."""

import os
import sys

from django.core.wsgi import get_wsgi_application
from django.db import connections

# gunicorn ends with this one; after any other it would start the next process, for ever, and listen meanwhile.
NEVER_BOOTS = 3

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "neopanel.settings")
application = get_wsgi_application()

from neopanel import garbage  # noqa: E402
from neopanel.checks import refuse_to_start_unsafely  # noqa: E402  (needs the loaded apps)

try:
    refuse_to_start_unsafely()
except SystemExit as refusal:
    sys.stderr.write(f"{refusal.code}\n")
    sys.exit(NEVER_BOOTS)
# This thread only hands requests out: without this it would hold a connection for as long as the process lives.
connections.close_all()

# Pages are imported now, and not while the first person waits for one of them.
import neopanel.urls  # noqa: E402, F401

garbage.set_aside_what_stays()
