from django.core.management.base import BaseCommand, CommandError

from accounts.people import NotMade, make_customer


class Command(BaseCommand):
    help = "Makes a customer with a verified email address, who can sign in at once."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--password", required=True)

    def handle(self, *, email, password, **options):
        try:
            customer = make_customer(email=email, password=password)
        except NotMade as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(f"Customer {customer.email} can sign in.")
