"""What a browser says of itself, in two words for people. A guess: browsers may say anything."""

from django.utils.translation import gettext as _

# The first that stands in the text counts: nearly all of them call themselves Safari and Chrome as well.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """`Firefox, Linux`; the beginning of the text where it is neither."""
    known = [next((name for sign, name in names if sign in user_agent), None) for names in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in known if name) or user_agent[:40] or _("Unknown program")
