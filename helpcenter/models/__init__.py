"""What we tell people. Texts are kept as they were written and as they are shown; `writing.py` is the one door that makes
the second from the first, `publishing.py` the one that decides which of them readers see."""

from helpcenter.models.asking import HelpfulVote, MissingPage, SearchLog, TicketAfterReading
from helpcenter.models.desk import HelpEvent, HelpImage, OpenEditor
from helpcenter.models.places import RESERVED_SLUGS, Article, OldAddress, Section
from helpcenter.models.searching import SearchText, SearchWord, Synonyms
from helpcenter.models.texts import (
    AdviceRevision,
    ArticleRevision,
    FaqItem,
    LoadedText,
    Revision,
    Snippet,
    State,
    StatusAdvice,
)

__all__ = [
    "RESERVED_SLUGS",
    "AdviceRevision",
    "Article",
    "ArticleRevision",
    "FaqItem",
    "HelpEvent",
    "HelpImage",
    "HelpfulVote",
    "LoadedText",
    "MissingPage",
    "OldAddress",
    "OpenEditor",
    "Revision",
    "SearchLog",
    "SearchText",
    "SearchWord",
    "Section",
    "Snippet",
    "State",
    "StatusAdvice",
    "Synonyms",
    "TicketAfterReading",
]
