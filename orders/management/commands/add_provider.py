import os

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import URLValidator

from orders.models import Provider
from orders.provider.addresses import AddressRefused, target_of


class Command(BaseCommand):
    help = "Adds a provider, or changes the address and key of the one with this name. The key is kept sealed."

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument("url", help="its API address, for example https://provider.example/api/v2")
        parser.add_argument("--key", help="the key that the provider gave you")
        parser.add_argument("--key-env", metavar="VAR", help="the name of an environment variable that holds the key")
        parser.add_argument(
            "--dialect",
            choices=Provider.Dialect.values,
            default=Provider.Dialect.V2,
            help="which API it speaks (default: v2); v1 knows no cancel, no refill and no request_id",
        )

    def handle(self, *, name, url, key, key_env, dialect, **options):
        key = key or os.environ.get(key_env or "", "")
        if not key:
            raise CommandError("Give the provider's key with --key, or name a variable that holds it with --key-env.")
        try:
            URLValidator(schemes=["http", "https"])(url)
            target_of(url, settings.ALLOW_PRIVATE_HOSTS)
        except ValidationError:
            raise CommandError(f"{url!r} is not an http or https address.") from None
        except AddressRefused as refused:
            raise CommandError(str(refused)) from None
        provider = Provider.objects.filter(name=name).first()
        made = provider is None
        provider = provider or Provider(name=name)
        provider.url, provider.key, provider.dialect = url, key, dialect
        if dialect == Provider.Dialect.V1:
            provider.takes_request_id = provider.can_cancel = provider.can_refill = False
        try:
            provider.clean_fields(exclude=["sealed_key"])
        except ValidationError as wrong:
            raise CommandError(
                "; ".join(f"{field}: {' '.join(said)}" for field, said in wrong.message_dict.items())
            ) from None
        provider.save()
        if dialect == Provider.Dialect.V1:
            self.stdout.write("API v1 knows no cancel, no refill and no request_id: none of them will be asked of it.")
        self.stdout.write(f"Provider {name} {'added' if made else 'changed'}. Next: import_catalogue {name!r}")
