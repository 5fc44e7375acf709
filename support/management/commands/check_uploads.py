import secrets
from contextlib import suppress

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

RIGHTS = "The key needs to get, put and delete objects below the prefix, and to list the bucket."


class Command(BaseCommand):
    help = "Writes, reads and removes one small file where uploads are kept: does the folder or the bucket work?"

    def handle(self, **options):
        bucket = settings.STORAGES["default"]["OPTIONS"].get("bucket_name")
        where = f"the bucket {bucket}" if bucket else f"the folder {default_storage.location}"
        words = secrets.token_hex(16)
        step, name = "write", None
        try:
            name = default_storage.save(f"checks/{words}.txt", ContentFile(words.encode()))
            step = "read"
            with default_storage.open(name) as file:
                came_back = file.read().decode()
            step = "list"
            _folders, files = default_storage.listdir("checks")
            step = "remove"
            default_storage.delete(name)
        except OSError as error:
            if name and step != "remove":
                with suppress(OSError):  # the first fault is the one to tell
                    default_storage.delete(name)
            raise CommandError(
                f"{where}: could not {step} a file: {error}. {RIGHTS if bucket else ''}".strip()
            ) from None
        if came_back != words or not any(words in file for file in files):
            raise CommandError(f"{where}: a file was written and did not come back as it was.")
        self.stdout.write(f"{where}: a file was written, read, listed and removed.")
