"""What every template may show without asking for it."""

from django.conf import settings

from accounts import languages

THEMES = ("light", "dark")


def shop(request) -> dict:
    """The shop's name, currency and languages, and the theme that the reader chose ("" follows the system)."""
    theme = request.COOKIES.get("theme", "")
    return {
        "brand": settings.BRAND,
        "currency": settings.CURRENCY,
        "demo": settings.DEMO,
        "theme": theme if theme in THEMES else "",
        "shop_languages": languages.offered(),
    }
