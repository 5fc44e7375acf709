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
    words = {"title": _("How support did"), "report": found, "days": days, "spans": SPANS}
    return render(request, "admin/support/ticket/report.html", context | words)


def as_csv(found: reports.Report) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="support.csv"'
    out = csv.writer(answer)
    out.writerow(["group", "name", "tickets", "first_reply_minutes", "resolution_minutes", "reopened", "good", "bad"])
    for group, rows in (("all", (found.total,)), ("topic", found.topics), ("service", found.services)):
        for row in rows:
            numbers = [row.tickets, minutes(row.first_reply), minutes(row.resolution), row.reopened, row.good, row.bad]
            out.writerow([group, harmless(row.name), *numbers])
    return answer


def minutes(span: dt.timedelta | None) -> str:
    return "" if span is None else str(round(span.total_seconds() / 60))


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
