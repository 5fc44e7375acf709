from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from helpcenter import exchange
from helpcenter.files import BadContent


class Command(BaseCommand):
    help = "Writes the whole help center into a folder of Markdown files, for a shop that keeps its help in git."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="an empty or new folder, or one that export_help wrote before")

    def handle(self, *, folder, **options):
        try:
            counted = exchange.export(folder, now=timezone.now())
        except (BadContent, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{counted.sections} sections, {counted.articles} articles, {counted.drafts} newer versions of them."
        )
