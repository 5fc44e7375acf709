"""Parts of an article that are drawn when it is read: `{{ statuses }}` and whatever the project registers.

The help center knows nothing of orders but their statuses. A block that needs more is written in `neopanel/` and
registered there, in `AppConfig.ready`:

    @live_blocks.block("start-times")
    def start_times(request) -> SafeString: ...

    @live_blocks.beside_statuses
    def own_orders(request) -> dict[str, SafeString]:   # keyed by status value; shown in the row of that status

    @live_blocks.sample_of_order
    def sample(advice, request) -> SafeString: ...
"""

import re
from collections.abc import Callable, Mapping

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from helpcenter import guide

PLACE = re.compile(r'<div data-live="([a-z0-9-]+)"></div>')

Draw = Callable[[HttpRequest], SafeString]
DrawBesideStatuses = Callable[[HttpRequest], Mapping[str, SafeString]]

DrawSample = Callable[[guide.Advice, HttpRequest], SafeString]

registered_samples: list[DrawSample] = []
registered: dict[str, Draw] = {}
registered_beside_statuses: list[DrawBesideStatuses] = []


def block(name: str) -> Callable[[Draw], Draw]:
    """Registers a function that draws `{{ name }}` for the reader of this request."""

    def register(draw: Draw) -> Draw:
        registered[name] = draw
        return draw

    return register


def beside_statuses(draw: DrawBesideStatuses) -> DrawBesideStatuses:
    """Registers a function that says something of the reader's own beside each status in the guide."""
    registered_beside_statuses.append(draw)
    return draw


def sample_of_order(draw: DrawSample) -> DrawSample:
    """Registers what draws a made-up order with these words about its status, for editors to see them in place."""
    registered_samples[:] = [draw]
    return draw


def sample_order(advice: guide.Advice, request: HttpRequest) -> SafeString:
    """The words on an order; nothing where the project draws none."""
    return registered_samples[0](advice, request) if registered_samples else SafeString("")


def names() -> list[str]:
    return sorted(registered)


def fill(html: str, request: HttpRequest) -> SafeString:
    """Rendered HTML with its live blocks drawn. A block that is no longer registered leaves nothing behind."""

    def draw(place: re.Match) -> str:
        drawn = registered.get(place[1])
        return conditional_escape(drawn(request)) if drawn else ""

    return mark_safe(PLACE.sub(draw, html))  # noqa: S308  (the renderer's output, sanitised when it was saved)


@block("statuses")
def statuses(request: HttpRequest) -> SafeString:
    """The table of all statuses, from the same texts that order pages show."""
    own: dict[str, list[SafeString]] = {}
    for draw in registered_beside_statuses:
        for status, drawn in draw(request).items():
            own.setdefault(status, []).append(drawn)
    rows = [{"advice": advice, "own": own.get(advice.status, [])} for advice in guide.all_advice()]
    return render_to_string("helpcenter/_statuses.html", {"rows": rows}, request=request)
