import uuid

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from orders import deposits, ledger, money


class Command(BaseCommand):
    help = "Books money that a customer paid outside the panel."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("amount", help="plain digits, for example 25.00")
        parser.add_argument("--note", default="", help="why; the customer sees it")
        parser.add_argument("--reference", help="names the payment: the same reference is booked once")

    def handle(self, *, email, amount, note, reference, **options):
        customer = User.objects.filter(email__iexact=email).first()
        if customer is None:
            raise CommandError(f"Nobody signs in as {email}.")
        try:
            units = money.parse(amount)
            entry = deposits.credit(
                customer=customer,
                amount=units,
                reference=reference or f"operator:{uuid.uuid4()}",
                note=note,
                now=timezone.now(),
            )
        except money.NotMoney:
            raise CommandError(f"{amount!r} is no amount. Write it with plain digits, for example 25.00.") from None
        except (ValueError, ledger.BalanceTooLarge) as error:
            raise CommandError(str(error) or "The balance would be too large.") from None
        shown = money.show(entry.balance, settings.CURRENCY)
        self.stdout.write(f"{money.show(entry.amount, settings.CURRENCY)} booked; the balance of {email} is {shown}")
