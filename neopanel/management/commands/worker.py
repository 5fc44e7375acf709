import signal
import threading

from django.core.management.base import BaseCommand

from accounts import posting
from neopanel import garbage, leaving
from neopanel.checks import refuse_to_start_unsafely
from orders import worker
from support import letters, tidying

# Chores of an app that orders does not know.
worker.CHORES |= {
    "account_mails": posting.mails_due,
    "leave": leaving.leave_due,
    "letters": letters.letters_due,
    "tidy": tidying.tidy_due,
}


class Command(BaseCommand):
    help = (
        "Runs the chores that are due: send orders, ask for their status. Any number of workers may run side by side."
    )

    # Looked at below, once, without importing every page.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="run what is due and stop")
        parser.add_argument("--chore", choices=list(worker.CHORES), help="run this chore alone")

    def handle(self, *, once, chore, **options):
        refuse_to_start_unsafely()
        chores = (chore,) if chore else tuple(worker.CHORES)
        if once:
            handled = worker.run_due(chores=chores)
            self.stdout.write(f"{handled} rows handled")
            return
        stop = threading.Event()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        garbage.set_aside_what_stays()
        worker.run_for_ever(stop, chores=chores)
