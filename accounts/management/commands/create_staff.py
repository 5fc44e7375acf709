import secrets

from django.core.management.base import BaseCommand, CommandError

from accounts.people import NotMade, make_staff


class Command(BaseCommand):
    help = (
        "Makes somebody who works in the admin. Without --password it makes one and prints it, once, on the last line."
    )

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--role", required=True, help="a group that setup_roles made, or admin: may do everything")
        parser.add_argument("--password")

    def handle(self, *, email, role, password, **options):
        chosen = secrets.token_urlsafe(15) if password is None else password
        try:
            person = make_staff(email=email, password=chosen, role=role)
        except NotMade as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(f"{person.email} can sign in and work in /admin/ as {role}.")
        if password is None:
            self.stdout.write(chosen)
