from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User


class Command(BaseCommand):
    help = "Issues a key for a customer's program. The key stands alone on the last line and cannot be read again."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="for the customer: what the key is for")
        parser.add_argument(
            "--scope", choices=ApiKey.Scope.values, default=ApiKey.Scope.ORDER.value, help="order includes reading"
        )

    def handle(self, *, email, name, scope, **options):
        user = User.objects.filter(email__iexact=email.strip()).first()
        if user is None:
            raise CommandError(f"There is no account with the address {email}.")
        longest = ApiKey._meta.get_field("name").max_length
        if not 0 < len(name.strip()) <= longest:
            raise CommandError(f"The name must have 1 to {longest} characters.")
        key, text = api_keys.issue(user=user, name=name.strip(), scope=scope, now=timezone.now())
        self.stdout.write(f"Key {key.name} for {user.email}, scope {key.scope}:")
        self.stdout.write(text)
