from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from helpcenter import exchange
from helpcenter.files import BadContent


class Command(BaseCommand):
    help = (
        "Brings the help center to what a folder of Markdown files says, all or nothing. What differs becomes a new "
        "version; what the folder does not hold stays."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="a folder that export_help wrote, or one like it")

    def handle(self, *, folder, **options):
        try:
            counted = exchange.import_from(folder, now=timezone.now())
        except (BadContent, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{counted.sections} sections, {counted.articles} articles, {counted.drafts} newer versions of them read."
        )
