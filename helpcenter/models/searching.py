"""What search reads. `search_index.py` writes it; the databases' own full-text parts are in `search_tables.py`."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpcenter.models.texts import ArticleRevision


class SearchText(models.Model):
    """The words of a published or scheduled revision, in small letters and without accents, by the place they stand in."""

    revision = models.OneToOneField(ArticleRevision, on_delete=models.CASCADE, primary_key=True)
    title = models.TextField()
    keywords = models.TextField()
    summary = models.TextField()
    headings = models.TextField()
    body = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.title


class SearchWord(models.Model):
    """A word that occurs in a title, keyword, summary or heading: what a mistyped word may have meant."""

    word = models.CharField(max_length=40, primary_key=True)
    length = models.PositiveSmallIntegerField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.word


class Synonyms(models.Model):
    """Words that mean the same to a reader. A search for one of them finds them all."""

    words = models.CharField(
        _("words"), max_length=300, help_text=_("Separated by commas, for example: refund, money back, return")
    )

    class Meta:
        verbose_name = _("synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ["words"]

    def __str__(self):
        return self.words

    @property
    def listed(self) -> list[str]:
        return [word for word in (part.strip() for part in self.words.split(",")) if word]

    def clean(self):
        if len(set(self.listed)) < 2:
            raise ValidationError({"words": _("Write at least two different words, separated by commas.")})
