"""Links between articles: kept by number (`article:12#anchor`), so that a new address of an article breaks none.

Files and editors may write an address (`/help/section/slug/#anchor`); it becomes a number when the text is kept.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping

from django.urls import Resolver404, resolve, reverse
from django.utils.safestring import SafeString, mark_safe

from helpcenter.markup import ARTICLE_ADDRESS
from helpcenter.models import Article, OldAddress, Section
from helpcenter.visibility import readable

WRITTEN_ADDRESS = re.compile(r"(?<=\]\()/help/([a-z0-9-]+)/(?:([a-z0-9-]+)/)?(?=[#)\s])")
WRITTEN_NUMBER = re.compile(r"(?<=\]\()article:(\d{1,18})(?=[#)\s])")
WITHIN = re.compile(r"(?<=\]\()/(?!/)[^)\s#?]*")
# Served beside the pages, by the web server where there is one.
FILES = "/static/"
SHOWN = re.compile(r'<a href="article:(\d{1,18})(#[^"]*)?"[^>]*>(.*?)</a>', re.DOTALL)


def by_number(markdown: str, pages_of_our_own: Iterable[str] = ("faq", "search")) -> tuple[str, list[str]]:
    """The text with addresses of articles as numbers, and the addresses below /help/ that lead nowhere."""
    wrong: list[str] = []
    found: dict[tuple[str, str], int | None] = {}

    def number(match: re.Match) -> str:
        section, slug = match[1], match[2]
        if slug is None:
            if section not in pages_of_our_own and not Section.objects.filter(slug=section).exists():
                wrong.append(match[0])
            return match[0]
        if (section, slug) not in found:
            found[section, slug] = article_at(section, slug)
        if found[section, slug] is None:
            wrong.append(match[0])
            return match[0]
        return f"article:{found[section, slug]}"

    return WRITTEN_ADDRESS.sub(number, markdown), wrong


def leading_nowhere(markdown: str) -> list[str]:
    """Addresses of this site in the text at which there is no page of any kind."""
    paths = dict.fromkeys(WITHIN.findall(markdown))
    return [path for path in paths if not (path.startswith(FILES) or is_page(path) or is_page(f"{path}/"))]


def is_page(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def by_address(markdown: str) -> str:
    """The text as a file holds it: with addresses instead of numbers. A number without an article stays."""
    numbers = {int(number) for number in WRITTEN_NUMBER.findall(markdown)}
    if not numbers:
        return markdown
    addresses = {a.pk: a.get_absolute_url() for a in Article.objects.filter(pk__in=numbers).select_related("section")}
    return WRITTEN_NUMBER.sub(lambda match: addresses.get(int(match[1]), match[0]), markdown)


def numbers_in(markdown: str) -> set[int]:
    return {int(found[1]) for found in ARTICLE_ADDRESS.finditer(markdown)}


def article_at(section: str, slug: str) -> int | None:
    """The number of the article at this address, or that was at it before."""
    article = Article.objects.filter(section__slug=section, slug=slug).values_list("pk", flat=True).first()
    if article is None:
        moved = OldAddress.objects.filter(path=f"{section}/{slug}", article__isnull=False)
        article = moved.values_list("article", flat=True).first()
    return article


def fill(*pieces: str, now: dt.datetime) -> list[SafeString]:
    """Rendered HTML with the addresses that linked articles have now; where readers cannot see one, its words alone.

    One query for all pieces together, none where nothing is linked.
    """
    numbers = shown_in(*pieces)
    return filled(*pieces, addresses=addresses_of(numbers, now) if numbers else {})


def shown_in(*pieces: str) -> set[int]:
    """The numbers of the articles that rendered HTML links to."""
    return {int(found[1]) for piece in pieces for found in SHOWN.finditer(piece)}


def filled(*pieces: str, addresses: Mapping[int, str]) -> list[SafeString]:
    """As `fill`, with the addresses that readers may see at hand; no query."""

    def link(match: re.Match) -> str:
        address = addresses.get(int(match[1]))
        return f'<a href="{address}{match[2] or ""}">{match[3]}</a>' if address else match[3]

    return [mark_safe(SHOWN.sub(link, piece)) for piece in pieces]  # noqa: S308  (the renderer's output)


def addresses_of(numbers: set[int], now: dt.datetime) -> dict[int, str]:
    rows = Article.objects.filter(readable(now), pk__in=numbers).values_list("pk", "section__slug", "slug")
    return {pk: reverse("help_article", args=[section, slug]) for pk, section, slug in rows}
