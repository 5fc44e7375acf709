"""How often programs may call. Counted in the database, so that the limit holds across all processes."""

import datetime as dt

from django.db import connection

from accounts.models import CallWindow

# Windows that began before this have ended: the longest is an hour (`NEOPANEL_API_RATE`).
SWEEP_AFTER = dt.timedelta(days=1)

# One statement: two calls at once can never both take the last place. Where the limit is reached nothing is written.
# A window that began in the future is one from before the clock was put back: it begins anew.
TAKE = """
    INSERT INTO accounts_callwindow (subject, began, used) VALUES (%(subject)s, %(now)s, 1)
    ON CONFLICT (subject) DO UPDATE SET
        used = CASE WHEN accounts_callwindow.began > %(ended)s AND accounts_callwindow.began <= %(now)s
               THEN accounts_callwindow.used + 1 ELSE 1 END,
        began = CASE WHEN accounts_callwindow.began > %(ended)s AND accounts_callwindow.began <= %(now)s
               THEN accounts_callwindow.began ELSE %(now)s END
    WHERE accounts_callwindow.used < %(most)s
       OR accounts_callwindow.began <= %(ended)s OR accounts_callwindow.began > %(now)s
    RETURNING used
"""


def take(*, subject: str, most: int, seconds: int, now: dt.datetime) -> int:
    """Counts one call of this key or network: `most` in a window of `seconds`, which begins with its first call.

    Gives 0 where the call may go on, else the whole seconds to wait; then nothing was counted.
    """
    moment, length = int(now.timestamp() * 1000), seconds * 1000
    values = {"subject": subject, "now": moment, "ended": moment - length, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        taken = cursor.fetchone()
    if taken is not None:
        return 0
    began = CallWindow.objects.filter(pk=subject).values_list("began", flat=True).first() or moment
    return max(1, -(-(began + length - moment) // 1000))


def forget_ended(*, now: dt.datetime) -> int:
    """Removes windows that ended long ago; how many."""
    removed, _of_each = CallWindow.objects.filter(began__lt=int((now - SWEEP_AFTER).timestamp() * 1000)).delete()
    return removed
