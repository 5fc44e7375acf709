import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from helpcenter import first_edition


class Command(BaseCommand):
    help = (
        "Loads the help center's texts that come with the software. Safe to run again: texts that people edited, "
        "unpublished or removed stay as they are."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--content",
            type=Path,
            metavar="FOLDER",
            default=first_edition.CONTENT,
            help="read the texts from this folder instead of the software's own",
        )
        parser.add_argument("--json", action="store_true", help="print the counts as one JSON object")

    def handle(self, *args, **options):
        try:
            loaded = first_edition.load(now=timezone.now(), content=options["content"])
        except first_edition.BadContent as error:
            raise CommandError(str(error)) from error
        counts = {name: loaded.counts[name] for name in ("added", "updated", "unchanged", "kept")}
        if options["json"]:
            self.stdout.write(json.dumps({**counts, "kept_keys": loaded.kept}))
            return
        summary = _("%(added)s added, %(updated)s updated, %(unchanged)s unchanged, %(kept)s kept as people left them.")
        self.stdout.write(f"{_('Help center')}: {summary % counts}")
        for key in loaded.kept:
            self.stdout.write(f"  {key}")
