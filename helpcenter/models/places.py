"""Where texts stand: sections, articles as places with an address, and the addresses they had before."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# Pages of the help center itself live at these addresses.
RESERVED_SLUGS = ("faq", "search")
DEEPEST = 3

plain_slug = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", _("Use small letters a to z, digits and single hyphens."))


def free_slug(slug: str) -> None:
    if slug in RESERVED_SLUGS:
        raise ValidationError(
            _("“%(slug)s” is a page of the help center itself. Choose another address."), params={"slug": slug}
        )


class Section(models.Model):
    """A shelf of articles. Sections may stand in sections; the address of each stays flat, so moving one breaks no link."""

    slug = models.SlugField(_("address"), max_length=80, unique=True, validators=[plain_slug, free_slug])
    title = models.CharField(_("title"), max_length=120)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("stands in")
    )
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    icon = models.CharField(_("icon"), max_length=32, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0, help_text=_("Smaller numbers come first."))

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "title"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(slug__in=RESERVED_SLUGS), name="section_slug_not_reserved"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("help_section", args=[self.slug])

    def clean(self):
        above, height = self.parent, 1
        while above is not None:
            height += 1
            if above.pk == self.pk or height > DEEPEST:
                raise ValidationError(
                    {"parent": _("A section cannot stand in itself, nor deeper than %(most)s.") % {"most": DEEPEST}}
                )
            above = above.parent
        old = OldAddress.objects.filter(path=self.slug).exclude(section=self.pk).select_related("section").first()
        if old:
            message = _("This address still leads to “%(title)s”. Choose another one.")
            raise ValidationError({"slug": ValidationError(message, params={"title": old.section})})


class Article(models.Model):
    """One page of the help center as a place; what it says is in its revisions.

    `published` is what readers see; `scheduled` takes its place from its `published_from` on, compared when it is read;
    `latest` is what editors work on. `publishing.py` is the only writer of the three.
    """

    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="articles", verbose_name=_("section"))
    slug = models.SlugField(_("address"), max_length=120, validators=[plain_slug, free_slug])
    position = models.PositiveIntegerField(_("position"), default=0, help_text=_("Smaller numbers come first."))
    review_by = models.DateField(
        _("review by"), null=True, blank=True, help_text=_("From this day on editors are reminded to read it again.")
    )
    related = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="related_from", verbose_name=_("related articles")
    )
    published = models.OneToOneField(
        "ArticleRevision", on_delete=models.SET_NULL, null=True, editable=False, related_name="published_of"
    )
    scheduled = models.OneToOneField(
        "ArticleRevision", on_delete=models.SET_NULL, null=True, editable=False, related_name="scheduled_of"
    )
    latest = models.OneToOneField(
        "ArticleRevision", on_delete=models.SET_NULL, null=True, editable=False, related_name="latest_of"
    )

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["section__position", "position", "pk"]
        indexes = [models.Index(fields=["section", "position", "id"], name="article_on_shelf")]
        permissions = [("approve_text", "Can approve and publish help texts")]
        constraints = [
            models.UniqueConstraint(
                fields=["section", "slug"],
                name="article_slug_once_in_section",
                violation_error_message=_("This section already has an article at this address."),
            ),
        ]

    def __str__(self):
        return self.latest.title if self.latest else self.slug

    def get_absolute_url(self) -> str:
        return reverse("help_article", args=[self.section.slug, self.slug])


class OldAddress(models.Model):
    """Where something was before: `section` or `section/slug`, without slashes at the ends. It answers 301 for ever."""

    path = models.CharField(_("old address"), max_length=220, unique=True)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, null=True, blank=True, related_name="old_addresses")
    section = models.ForeignKey(Section, on_delete=models.CASCADE, null=True, blank=True, related_name="old_addresses")

    class Meta:
        verbose_name = _("old address")
        verbose_name_plural = _("old addresses")
        default_permissions = ("view", "delete")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(article__isnull=False, section__isnull=True)
                | models.Q(article__isnull=True, section__isnull=False),
                name="old_address_leads_to_one_place",
            ),
        ]

    def __str__(self):
        return self.path
