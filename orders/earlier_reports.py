"""What a provider said of an order before, read from its history: is this report news, is a person's question answered by it?

`lifecycle` asks, with the order locked, and is the only one who acts.
"""

from django.db.models import Q, QuerySet

from orders.models import Order, OrderEvent
from orders.reports import Decision, Report

Code = OrderEvent.Code
Source = OrderEvent.Source

# Why a person looks; the first two are answered by the next clear word.
OPENING = (Code.UNCLEAR, Code.MISSING, Code.LATE, Code.HELD, Code.CONFLICT, Code.REFUSED)


def is_answered(order: Order, decision: Decision) -> bool:
    """Whether a report that is applied, or says what stands, takes back what waits for a person: another status was proposed,
    or only the words before it were not clear."""
    if not order.review:
        return False
    if order.proposed_status:
        return order.proposed_status != decision.to
    opened = order.events.filter(code__in=OPENING).order_by("-id").values_list("code", flat=True).first()
    return opened in {Code.UNCLEAR, Code.MISSING}


def stands(order: Order, report: Report) -> bool:
    """The provider repeats its last word, which was applied; a count that it leaves out this time is no other count."""
    last = order.events.filter(source=Source.PROVIDER).order_by("-id").values("word", "remains", "applied").first()
    return (
        last is not None
        and last["applied"]
        and last["word"] == _word(report)
        and report.remains in {None, last["remains"]}
    )


def was_refused(order: Order, report: Report) -> bool:
    """The same word with the same count was said before, and not applied."""
    return _refused(order, report).exists()


def went_back(order: Order, report: Report) -> bool:
    """The same word of an earlier status was said before, whatever it counted: counters may move with every poll."""
    return order.events.filter(code=Code.BACKWARD, word=_word(report)).exists()


def is_dismissed(order: Order, report: Report) -> bool:
    """A person has decided since these very words were said last."""
    said = _refused(order, report).values_list("id", flat=True).first()
    decided = Q(code=Code.DECIDED) | Q(applied=True)
    return said is not None and order.events.filter(decided, source=Source.AGENT, id__gt=said).exists()


def _refused(order: Order, report: Report) -> QuerySet[OrderEvent]:
    said = order.events.filter(source=Source.PROVIDER, applied=False, word=_word(report), remains=report.remains)
    return said.order_by("-id")


def _word(report: Report) -> str:
    """As `lifecycle.record` keeps it."""
    return report.word[:64]
