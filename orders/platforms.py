"""What the addresses of well-known platforms mean: many spellings, one target, and what kind of thing it is. A leaf, pure.

An address that no row here knows is compared as it stands (`links.canonical`). Nothing is fetched: a platform's own short
links (`vm.…`, `on.…`) hide their target and stay what they are.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

Query = Sequence[tuple[str, str]]


class LinkKind(models.TextChoices):
    """What a service wants a link to lead to."""

    ANY = "any", _("any public link")
    PROFILE = "profile", _("a profile or channel")
    POST = "post", _("a post or video")
    GROUP = "group", _("a group or an invitation")
    USERNAME = "username", _("a username")


@dataclass(frozen=True)
class Target:
    """Where an address leads: its one form, and its kind where the platform's addresses tell it."""

    form: str
    kind: LinkKind | None = None


Reader = Callable[[list[str], Mapping[str, str]], Target | None]

SAME_PLACE = re.compile(r"^(?:www|m|mobile|web|old|new|touch|[a-z]{2}(?:-[a-z]{2})?)\.(?=[a-z0-9-]+\.[a-z]{2,})")


def target_of(host: str, path: str, query: Query) -> Target | None:
    """The target of an address on a platform known here, else None. `host` is lower case."""
    home = ALIASES.get(host) or ALIASES.get(SAME_PLACE.sub("", host))
    if home is None:
        return None
    return READERS[home]([part for part in path.split("/") if part], dict(query))


def _post(form: str) -> Target:
    return Target(form, LinkKind.POST)


def _profile(form: str) -> Target:
    return Target(form, LinkKind.PROFILE)


def _youtube(parts: list[str], query: Mapping[str, str]) -> Target | None:
    if parts[:1] == ["watch"] and query.get("v"):
        return _post(f"youtube.com/watch?v={query['v']}")
    if len(parts) >= 2 and parts[0] in {"shorts", "live", "embed", "v"}:
        return _post(f"youtube.com/watch?v={parts[1]}")
    if parts[:1] == ["playlist"] and query.get("list"):
        return Target(f"youtube.com/playlist?list={query['list']}")
    if parts and parts[0].startswith("@"):
        return _profile(f"youtube.com/{parts[0].lower()}")
    if len(parts) >= 2 and parts[0] in {"channel", "c", "user"}:
        # Channel ids keep their case; the older names do not.
        name = parts[1] if parts[0] == "channel" else parts[1].lower()
        return _profile(f"youtube.com/{parts[0]}/{name}")
    return None


def _short_youtube(parts: list[str], query: Mapping[str, str]) -> Target | None:
    return _post(f"youtube.com/watch?v={parts[0]}") if len(parts) == 1 else None


def _instagram(parts: list[str], query: Mapping[str, str]) -> Target | None:
    # A post has one code, however it is reached: /p/, /reel/, /reels/, /tv/, with or without the profile before it.
    for place in (0, 1):
        if len(parts) > place + 1 and parts[place] in {"p", "reel", "reels", "tv"}:
            return _post(f"instagram.com/p/{parts[place + 1]}")
    if len(parts) == 1 and parts[0] not in {"explore", "accounts", "stories"}:
        return _profile(f"instagram.com/{parts[0].lower()}")
    return None


def _tiktok(parts: list[str], query: Mapping[str, str]) -> Target | None:
    if len(parts) >= 3 and parts[1] in {"video", "photo"}:
        return _post(f"tiktok.com/video/{parts[2]}")
    if len(parts) == 1 and parts[0].startswith("@"):
        return _profile(f"tiktok.com/{parts[0].lower()}")
    return None


def _x(parts: list[str], query: Mapping[str, str]) -> Target | None:
    if len(parts) >= 3 and parts[1] in {"status", "statuses"}:
        return _post(f"x.com/status/{parts[2]}")
    if len(parts) == 1 and parts[0] not in {"home", "explore", "search"}:
        return _profile(f"x.com/{parts[0].lower()}")
    return None


def _facebook(parts: list[str], query: Mapping[str, str]) -> Target | None:
    if parts[:1] == ["profile.php"] and query.get("id"):
        return _profile(f"facebook.com/{query['id']}")
    if parts[:1] == ["watch"] and query.get("v"):
        return _post(f"facebook.com/videos/{query['v']}")
    if query.get("story_fbid"):
        return _post(f"facebook.com/{query.get('id', '')}/posts/{query['story_fbid']}")
    if len(parts) >= 3 and parts[1] == "videos":
        return _post(f"facebook.com/videos/{parts[-1]}")
    if len(parts) >= 3 and parts[1] == "posts":
        return _post(f"facebook.com/{parts[0].lower()}/posts/{parts[2]}")
    if len(parts) == 2 and parts[0] == "groups":
        return Target(f"facebook.com/groups/{parts[1].lower()}", LinkKind.GROUP)
    if len(parts) == 1 and "." not in parts[0][-5:]:
        return _profile(f"facebook.com/{parts[0].lower()}")
    return None


def _telegram(parts: list[str], query: Mapping[str, str]) -> Target | None:
    if parts[:1] == ["s"]:
        parts = parts[1:]
    if len(parts) == 1 and parts[0].startswith("+"):
        return Target(f"t.me/{parts[0]}", LinkKind.GROUP)
    if len(parts) == 2 and parts[0] == "joinchat":
        return Target(f"t.me/+{parts[1]}", LinkKind.GROUP)
    if len(parts) == 2 and parts[1].isascii() and parts[1].isdigit():
        return _post(f"t.me/{parts[0].lower()}/{parts[1]}")
    if len(parts) == 1:
        return _profile(f"t.me/{parts[0].lower()}")
    return None


def _spotify(parts: list[str], query: Mapping[str, str]) -> Target | None:
    if parts and parts[0].startswith("intl-"):
        parts = parts[1:]
    if len(parts) == 2:
        kind = LinkKind.PROFILE if parts[0] in {"artist", "user"} else LinkKind.POST
        return Target(f"open.spotify.com/{parts[0]}/{parts[1]}", kind)
    return None


def _soundcloud(parts: list[str], query: Mapping[str, str]) -> Target | None:
    form = "/".join(["soundcloud.com", *[part.lower() for part in parts]])
    return _profile(form) if len(parts) == 1 else _post(form) if len(parts) == 2 else Target(form)


def _twitch(parts: list[str], query: Mapping[str, str]) -> Target | None:
    if len(parts) == 2 and parts[0] == "videos":
        return _post(f"twitch.tv/videos/{parts[1]}")
    return _profile(f"twitch.tv/{parts[0].lower()}") if len(parts) == 1 else None


def _threads(parts: list[str], query: Mapping[str, str]) -> Target | None:
    if len(parts) >= 3 and parts[1] == "post":
        return _post(f"threads.com/post/{parts[2]}")
    return _profile(f"threads.com/{parts[0].lower()}") if len(parts) == 1 and parts[0].startswith("@") else None


def _discord(parts: list[str], query: Mapping[str, str]) -> Target | None:
    code = parts[1:] if parts[:1] == ["invite"] else parts
    return Target(f"discord.gg/{code[0]}", LinkKind.GROUP) if len(code) == 1 else None


READERS: Mapping[str, Reader] = {
    "youtube.com": _youtube,
    "youtu.be": _short_youtube,
    "instagram.com": _instagram,
    "tiktok.com": _tiktok,
    "x.com": _x,
    "facebook.com": _facebook,
    "t.me": _telegram,
    "open.spotify.com": _spotify,
    "soundcloud.com": _soundcloud,
    "twitch.tv": _twitch,
    "threads.com": _threads,
    "discord.gg": _discord,
}

ALIASES: Mapping[str, str] = {home: home for home in READERS} | {
    "music.youtube.com": "youtube.com",
    "youtube-nocookie.com": "youtube.com",
    "instagr.am": "instagram.com",
    "twitter.com": "x.com",
    "fb.com": "facebook.com",
    "telegram.me": "t.me",
    "telegram.dog": "t.me",
    "play.spotify.com": "open.spotify.com",
    "threads.net": "threads.com",
    "discord.com": "discord.gg",
    "discordapp.com": "discord.gg",
}
