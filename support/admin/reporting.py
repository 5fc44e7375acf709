"""The report's page and its file."""

import csv
import datetime as dt

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from support import reports

SPANS = (7, 30, 90)


def report_view(request: HttpRequest, context: dict) -> HttpResponse:
    """The last 7, 30 or 90 days, as a page or (`?format=csv`) as a file."""
    if not request.user.has_perm("support.view_ticket"):
        raise PermissionDenied
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isascii() and asked.isdigit() and int(asked[:4]) in SPANS else SPANS[1]
    now = timezone.now()
    found = reports.report(since=now - dt.timedelta(days=days), until=now)
    if request.GET.get("format") == "csv":
        return as_csv(found)
    words = {
        "title": _("How support did"),
        "report": found,
        "days": days,
        "spans": SPANS,
        "opened": [(one.day, one.tickets) for one in found.days],
        # A day of which nothing is answered has no median, and no column that would read as "at once".
        "answered": [(one.day, _minutes(one.first_reply)) for one in found.days if one.first_reply is not None],
        "by_topic": [(row.name, row.tickets) for row in found.topics],
        "most": f"{reports.MOST:,}",
    }
    return render(request, "admin/support/ticket/report.html", context | words)


def _minutes(length: dt.timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds() / 60)


def as_csv(found: reports.Report) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="support.csv"'
    out = csv.writer(answer)
    names = ["tickets", "first_reply_minutes", "resolution_minutes", "reopened", "good", "bad", "wrong_waits"]
    out.writerow(["group", "name", *names])
    for group, rows in (("all", (found.total,)), ("topic", found.topics), ("service", found.services)):
        for row in rows:
            spans = [_minutes(row.first_reply), _minutes(row.resolution)]
            out.writerow(
                [group, harmless(row.name), row.tickets, *spans, row.reopened, row.good, row.bad, row.wrong_waits]
            )
    for day in found.days:
        out.writerow(["day", day.day.isoformat(), day.tickets, _minutes(day.first_reply)])
    return answer


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
