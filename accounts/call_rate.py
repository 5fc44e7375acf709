"""How often programs may call. Counted in the database, so that the limit holds across all processes."""

import datetime as dt

from django.db import connection

from accounts.models import CallWindow

# Windows that began before this have ended: the longest is an hour (`NEOPANEL_API_RATE`).
SWEEP_AFTER = dt.timedelta(days=1)

# One statement: two calls at once can never both take the last place. Where the limit is reached nothing is written.
# Side by side, a window may have begun a moment after the own clock was read: it runs. One that begins later than a whole
# window from now is from before the clock was put back: it begins anew.
TAKE = """
    INSERT INTO accounts_callwindow AS kept (subject, began, used) VALUES (%(subject)s, %(now)s, 1)
    ON CONFLICT (subject) DO UPDATE SET
        used = CASE WHEN kept.began > %(ended)s AND kept.began < %(ends)s THEN kept.used + 1 ELSE 1 END,
        began = CASE WHEN kept.began > %(ended)s AND kept.began < %(ends)s THEN kept.began ELSE %(now)s END
    WHERE kept.used < %(most)s OR kept.began <= %(ended)s OR kept.began >= %(ends)s
    RETURNING used
"""


def take(*, subject: str, most: int, seconds: int, now: dt.datetime) -> int:
    """Counts one call of this key or network: `most` in a window of `seconds`, which begins with its first call.

    Gives 0 where the call may go on, else the whole seconds to wait; then nothing was counted.
    """
    moment, length = int(now.timestamp() * 1000), seconds * 1000
    values = {"subject": subject, "now": moment, "ended": moment - length, "ends": moment + length, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        taken = cursor.fetchone()
    if taken is not None:
        return 0
    began = CallWindow.objects.filter(pk=subject).values_list("began", flat=True).first() or moment
    return min(seconds, max(1, -(-(began + length - moment) // 1000)))


def forget_ended(*, now: dt.datetime) -> int:
    """Removes windows that ended long ago; how many."""
    removed, _of_each = CallWindow.objects.filter(began__lt=int((now - SWEEP_AFTER).timestamp() * 1000)).delete()
    return removed
