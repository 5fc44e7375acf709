"""The shop before the storm: `python -m tests.chaos.shop PROVIDER_URL` prints one API key for each customer."""

import sys

import django
from django.utils import timezone

django.setup()

from accounts import api_keys  # noqa: E402 (models need the line above)
from accounts.models import User  # noqa: E402
from neopanel.roles import setup_roles  # noqa: E402
from orders.models import Provider  # noqa: E402
from tests.factories import fund, make_provider, make_service  # noqa: E402

# The last ones soon have nothing left, so that the edge of a balance is met all the time.
MONEY = ["500.00", "500.00", "500.00", "500.00", "0.50", "0.20"]


def fill(provider_url: str) -> list[str]:
    now = timezone.now()
    setup_roles()
    User.objects.create_superuser("agent@example.com")
    provider = make_provider(name="Simulator", url=provider_url, key="simulator")
    Provider.objects.filter(pk=provider.pk).update(can_cancel=True)
    for number in ("1", "2", "3"):
        service = make_service(name=f"Service {number}", provider=provider, minimum=10, maximum=5000, can_cancel=True)
        service.provider_service_id = number
        service.save(update_fields=["provider_service_id"])
    keys = []
    for number, amount in enumerate(MONEY):
        customer = User.objects.create_user(f"customer{number}@example.com")
        fund(customer, amount, now=now)
        keys.append(api_keys.issue(user=customer, name="chaos", now=now)[1])
    return keys


if __name__ == "__main__":
    sys.stdout.write("\n".join(fill(sys.argv[1])) + "\n")
