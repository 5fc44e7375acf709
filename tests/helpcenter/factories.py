"""Help center texts made through their door, so that no test reads what an editor could not have written."""

import datetime as dt

from helpcenter import writing
from helpcenter.models import Article, FaqItem, Section, StatusAdvice

WRITTEN = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def make_section(*, slug: str = "orders", title: str = "Orders", **fields) -> Section:
    return Section.objects.create(slug=slug, title=title, **fields)


def make_article(*, section: Section, slug: str = "waiting", title: str = "Waiting", **fields) -> Article:
    fields.setdefault("is_published", True)
    return writing.save_article(article=Article(section=section, slug=slug, title=title, **fields), now=WRITTEN)


def make_faq(*, article: Article, question: str = "How long?", answer: str = "Not long.", **fields) -> FaqItem:
    return writing.save_faq_item(item=FaqItem(article=article, question=question, answer=answer, **fields), now=WRITTEN)


def make_advice(*, status: str, **texts) -> StatusAdvice:
    words = {name: f"{name} of {status}" for name in StatusAdvice.TEXTS} | texts
    return writing.save_advice(advice=StatusAdvice(status=status, **words), now=WRITTEN)
