"""Links that customers give: what is accepted, and the one form by which two links to the same thing are known. Pure.

Nothing here fetches anything. The canonical form only serves comparison; what was typed is what the provider gets.
"""

import hashlib
import ipaddress
import re
import unicodedata
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import platforms

LONGEST = 2000
INVISIBLE = gettext_lazy("The link contains spaces or invisible characters. Copy it again from the address bar.")
NO_LINK = gettext_lazy("This is not a link. It should look like https://example.com/page.")
BAD_NAME = gettext_lazy("The name of the site in this link is not valid.")

# Parameters that say where a visitor came from, not what they look at.
TRACKING = re.compile(
    r"(utm_.*|fbclid|gclid|igsh|igshid|si|ref|ref_src|feature|share_id|mibextid|spm|_r|_t)$", re.IGNORECASE
)
SAME_PLACE = re.compile(r"^(?:www|m|mobile)\.")
HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
# Names that are set aside for networks of one's own: nobody in public has them.
PRIVATE_NAMES = (".local", ".localhost", ".localdomain", ".internal", ".lan", ".home.arpa", ".test", ".invalid")
# A Japanese name has all of these in one label, and none of their letters looks like another's.
ONE_SCRIPT = dict.fromkeys(["HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"], "CJK")
USERNAME = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


class BadLink(ValueError):
    """The text is no link that can be ordered for; the message says why, for the person who typed it."""


def clean(text: str) -> str:
    """The link as it is kept: outer space removed, `https://` added where somebody left it out.

    Raises BadLink for what is no http(s) address with a public host name: other schemes, address literals, names with a
    password, control characters, mixed scripts, more than 2,000 characters.
    """
    link = text.strip()
    if not link:
        raise BadLink(_("Enter the link."))
    if len(link) > LONGEST:
        raise BadLink(_("The link is longer than 2,000 characters."))
    if _hides_something(link):
        raise BadLink(INVISIBLE)
    if "://" not in link and not re.match(r"[a-z][a-z0-9+.-]*:[^0-9]", link, re.IGNORECASE):
        link = f"https://{link}"
    _check(link)
    return link


def _check(link: str) -> None:
    """Raises BadLink where the address leads to no public site, or to one that is not what it seems to be."""
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        raise BadLink(NO_LINK) from None
    if parts.scheme.lower() not in {"http", "https"}:
        raise BadLink(_("The link must begin with https:// or http://."))
    if "@" in parts.netloc:
        raise BadLink(_("The link must not contain a user name or password before the host."))
    if port not in {None, 80, 443}:
        raise BadLink(_("The link must not name a port."))
    if _is_address((parts.hostname or "").rstrip(".")):
        raise BadLink(_("The link must name a public site, not a network address."))
    host = _host_of(link)
    if not HOST.fullmatch(host) or f".{host}".endswith(PRIVATE_NAMES):
        raise BadLink(NO_LINK)
    if _mixes_scripts(_in_letters(host)):
        raise BadLink(_("The name of the site mixes alphabets, which is how links are forged. Copy it again."))


def _host_of(link: str) -> str:
    """The name of the site as machines spell it. What an older link names has one, whatever is refused by now."""
    host = (urlsplit(link).hostname or "").rstrip(".")
    try:
        return host.encode("idna").decode().lower() if not host.isascii() else host.lower()
    except UnicodeError:
        raise BadLink(BAD_NAME) from None


def _in_letters(host: str) -> str:
    """The name as people see it: `xn--` labels decoded.

    Not by Python's "idna", which refuses every name that is younger than its tables ("straße.de").
    """
    try:
        letters = ".".join(
            label[4:].encode().decode("punycode") if label.startswith("xn--") else label for label in host.split(".")
        )
    except (UnicodeError, OverflowError):
        raise BadLink(BAD_NAME) from None
    if _hides_something(letters):
        raise BadLink(BAD_NAME)
    return letters


def _hides_something(text: str) -> bool:
    return any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"} for c in text)


def _is_address(host: str) -> bool:
    if re.fullmatch(r"[0-9.]+|0x[0-9a-f.x]+", host, re.IGNORECASE):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _mixes_scripts(host: str) -> bool:
    """True where one label has letters of several alphabets (a Cyrillic "a" in a Latin name)."""
    return any(len({_script(c) for c in label if c.isalpha()}) > 1 for label in host.split("."))


def _script(letter: str) -> str:
    word = unicodedata.name(letter, "?").split()[0]
    return ONE_SCRIPT.get(word, word)


def canonical(link: str) -> str:
    """The form that all spellings of one target share; takes what `clean` gave.

    Scheme, `www.`/`m.`, case of the host, default port, a trailing slash, fragments and tracking parameters make no
    difference; what a platform's own spellings mean is in `platforms`. Elsewhere the path keeps its case, for it may matter.
    """
    if not is_address(link):
        return f"@{link.removeprefix('@').lower()}"
    parts, host = urlsplit(link), _host_of(link)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.fullmatch(k)]
    if target := platforms.target_of(host, unquote(parts.path), query):
        return target.form
    path = quote(unquote(parts.path), safe="/@:!$&'()*+,;=-._~").rstrip("/")
    return f"{SAME_PLACE.sub('', host)}{path}" + (f"?{urlencode(sorted(query))}" if query else "")


def is_address(link: str) -> bool:
    """Whether a clean link is an address rather than a username."""
    return "://" in link


def kind_of(link: str) -> platforms.LinkKind | None:
    """What a clean address leads to, where its platform's addresses tell it."""
    if not is_address(link):
        return platforms.LinkKind.USERNAME
    parts = urlsplit(link)
    target = platforms.target_of(_host_of(link), unquote(parts.path), parse_qsl(parts.query))
    return target.kind if target else None


def clean_for(text: str, wanted: str) -> str:
    """The link as a service that wants this kind keeps it. Raises BadLink, with a sentence on what is wanted."""
    if wanted == platforms.LinkKind.USERNAME:
        name = text.strip()
        if USERNAME.fullmatch(name):
            return name
        raise BadLink(_("This service wants a username: letters, digits, dots and underscores, without a link."))
    link = clean(text)
    found = kind_of(link)
    if wanted != platforms.LinkKind.ANY and found is not None and found != wanted:
        names = {"wanted": platforms.LinkKind(wanted).label, "found": found.label}
        raise BadLink(_("This service wants the link of %(wanted)s; this one leads to %(found)s.") % names)
    return link


def is_kept_as(text: str, link: str) -> bool:
    """Whether `clean_for` makes this link of the text, for one kind of link or another: services change what they want."""
    if text.strip() == link:
        return True
    try:
        return clean(text) == link
    except BadLink:
        return False


def target_key(link: str) -> str:
    """A short name for the target of a clean link, fit for an index: SHA-256 of its canonical form, in hex."""
    return hashlib.sha256(canonical(link).encode()).hexdigest()


def overlap_key(service_id: int, link: str) -> str:
    """Names "this service on this target": at most one open order of a customer has it."""
    return hashlib.sha256(f"{service_id} {canonical(link)}".encode()).hexdigest()
