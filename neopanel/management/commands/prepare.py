import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

from neopanel.checks import refuse_to_start_unsafely


class Command(BaseCommand):
    help = "Everything between an empty folder and a panel that can serve: tables, static files, roles, help, demo."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--provider-url", help="the demo's provider simulator")

    def handle(self, *, provider_url, verbosity, **options):
        call_command("migrate", interactive=False, verbosity=0)
        refuse_to_start_unsafely()
        if "DatabaseCache" in settings.CACHES["default"]["BACKEND"]:
            call_command("createcachetable", verbosity=0)
        collect_static_files()
        call_command("setup_roles", stdout=self.quiet(verbosity))
        call_command("load_help", stdout=self.quiet(verbosity))
        if settings.DEMO:
            call_command("load_demo", provider_url=provider_url, stdout=self.quiet(verbosity))

    def quiet(self, verbosity):
        return self.stdout if verbosity > 1 else Silence()


class Silence:
    def write(self, text):
        return len(text)


def collect_static_files() -> None:
    """Collects when something changed since the last time: hashing and compressing all files takes seconds."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    fingerprint = static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint)


def static_fingerprint() -> str:
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
