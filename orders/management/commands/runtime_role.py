from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from orders.runtime_role import grants


class Command(BaseCommand):
    help = "Prints the SQL that lets a PostgreSQL role run the panel without being able to rewrite its history."

    def add_arguments(self, parser):
        parser.add_argument("name", help="the role that the web server and the worker sign in as")

    def handle(self, *, name, **options):
        if connection.vendor != "postgresql":
            raise CommandError(
                "SQLite has no roles: whoever can write the file can do everything. Its guard are the ledger's triggers alone."
            )
        for statement in grants(name):
            self.stdout.write(f"{statement};")
