from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.utils import timezone

from orders import refills, submission, triggers
from orders.verification import verify


class Command(BaseCommand):
    help = (
        "To be run after a backup was restored and before anything is started: nothing that may have been sent since the backup "
        "is sent again, the ledger's guard is in place, and the ledger is checked."
    )

    def handle(self, **options):
        stopped = submission.distrust_restored(now=timezone.now())
        self.stdout.write(
            f"{stopped} orders were waiting or being sent: they are unknown now and are not sent by themselves."
        )
        if stopped:
            self.stdout.write(
                "Each waits for a person in the order desk: did it arrive at the provider, or did it not?"
            )
        if waiting := refills.distrust_restored(now=timezone.now()):
            self.stdout.write(f"{waiting} refills were waiting or being sent: they wait for a person there, too.")
        absent = triggers.missing()
        if absent:
            self.put_guard_in_place()
        self.stdout.write(f"The ledger's triggers are in place ({len(absent)} had been missing or changed).")
        faults = verify()
        for fault in faults:
            self.stdout.write(f"{fault.where}: {fault.what}")
        if faults:
            raise CommandError(f"The ledger is not in order: {len(faults)} faults.", returncode=1)
        self.stdout.write("The ledger is in order.")

    def put_guard_in_place(self) -> None:
        try:
            with transaction.atomic():
                triggers.create()
        except DatabaseError as error:
            raise CommandError(
                f"The ledger's triggers could not be put in place; run this as the owner of the tables. ({error})"
            ) from None
