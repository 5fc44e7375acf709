"""Orders as they come to the desk, made the way they come to be, and pages as words."""

import re
from html import unescape

from accounts.models import User
from orders import lifecycle, submission
from orders.models import Order
from orders.reports import Report
from orders.statuses import OrderStatus
from tests.factories import NOW, fresh, make_service, order_in, place


def lost(customer: User, **placing) -> Order:
    """Sent, and nobody knows what became of it."""
    order = place(customer, **placing)
    token = next(one.claim_token for one in submission.claim(now=NOW, most=100) if one.pk == order.pk)
    submission.unknown(order_id=order.pk, token=token, reason="No answer within 30 seconds", now=NOW)
    return fresh(order)


def reported_late(customer: User, **placing) -> Order:
    """Completed, and then its provider said Canceled: the whole charge is proposed to return."""
    order = order_in(OrderStatus.COMPLETED, customer, **placing)
    said = Report(to=OrderStatus.CANCELED, word="Canceled", remains=order.quantity, raw='{"status": "Canceled"}')
    lifecycle.report(order_id=order.pk, report=said, now=NOW)
    return fresh(order)


def dear(customer: User, make=place, **placing) -> Order:
    """An order whose charge, 90.00, is above what an agent may move at once."""
    return make(customer, service=make_service(rate="90.00"), quantity=1000, **placing)


def words_of(answer) -> str:
    """What a person reads on the page."""
    text = re.sub(r"<(script|style|head).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def hidden(answer, form: str, name: str) -> str:
    """The value that this form of the page carries along unseen; `form` is the last part of its address."""
    html = answer.content.decode()
    body = re.search(rf'<form[^>]*action="[^"]*/{form}/"[^>]*>(.*?)</form>', html, re.DOTALL)[1]
    field = next(tag for tag in re.findall(r"<input[^>]*>", body) if f'name="{name}"' in tag)
    return unescape(re.search(r'value="([^"]*)"', field)[1])


def forms_of(answer) -> list[str]:
    """The forms that the page offers, each by the last part of its address."""
    found = re.findall(r'action="/admin/orders/[^"]*?/([a-z_]+)/"', answer.content.decode())
    return [name for name in found if name != "logout"]
