"""The state machine of orders as a drawing and as sentences, both from the transitions in the code. Nothing is kept by hand."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.models import Order
from orders.statuses import ACTIVE, RETURNS_MONEY, SETTLED, OrderStatus

WIDTH, BOX_WIDTH, BOX_HEIGHT = 700, 170, 44
LEFT, RIGHT, TOP = 60, 400, 40
ROW = 66


@dataclass(frozen=True)
class Box:
    status: OrderStatus
    x: int
    y: int
    returns: bool

    @property
    def label(self) -> str:
        return str(self.status.label)

    @property
    def middle(self) -> int:
        return self.y + BOX_HEIGHT // 2

    @property
    def centre(self) -> int:
        return self.x + BOX_WIDTH // 2


@dataclass(frozen=True)
class Drawing:
    """Boxes, arrows as SVG paths, the frame around the open statuses, and the same in sentences."""

    height: int
    boxes: list[Box]
    arrows: list[str]
    frame: dict[str, int]
    sentences: list[str]


def moves() -> dict[OrderStatus, list[OrderStatus]]:
    """From which status an order may go to which, as the model's transitions say."""
    found: dict[OrderStatus, set[OrderStatus]] = {status: set() for status in OrderStatus}
    for transition in Order._meta.get_field("status").get_all_transitions(Order):
        found[OrderStatus(transition.source)].add(OrderStatus(transition.target))
    return {status: [other for other in OrderStatus if other in found[status]] for status in OrderStatus}


def drawing() -> Drawing:
    ways = moves()
    opened = [status for status in OrderStatus if status in ACTIVE]
    settled = [status for status in OrderStatus if status in SETTLED]
    height = TOP * 2 + ROW * max(len(opened), len(settled)) - (ROW - BOX_HEIGHT)
    gap = (height - 2 * TOP - BOX_HEIGHT) // max(len(opened) - 1, 1)
    boxes = {s: Box(s, LEFT, TOP + n * gap, s in RETURNS_MONEY) for n, s in enumerate(opened)}
    boxes |= {s: Box(s, RIGHT, TOP + n * ROW, s in RETURNS_MONEY) for n, s in enumerate(settled)}
    frame = {"x": LEFT - 44, "y": TOP - 24, "width": BOX_WIDTH + 66, "height": height - 2 * TOP + 48}
    arrows = [path for source in opened for target in ways[source] if (path := among_open(boxes, source, target))]
    edge = frame["x"] + frame["width"]
    for target in settled:
        box = boxes[target]
        if all(target in ways[source] for source in opened):
            arrows.append(f"M {edge} {box.middle} H {box.x - 4}")
        else:
            sources = [boxes[source] for source in opened if target in ways[source]]
            arrows += [f"M {one.x + BOX_WIDTH} {one.middle} L {box.x - 4} {box.middle}" for one in sources]
    arrows += [
        around(boxes[source], boxes[target]) for source in settled for target in ways[source] if source != target
    ]
    return Drawing(height, list(boxes.values()), arrows, frame, sentences(ways))


def among_open(boxes: dict[OrderStatus, Box], source: OrderStatus, target: OrderStatus) -> str:
    if target not in ACTIVE:
        return ""
    one, other = boxes[source], boxes[target]
    order = list(OrderStatus)
    if order.index(target) - order.index(source) == 1:
        return f"M {one.centre} {one.y + BOX_HEIGHT} V {other.y - 4}"
    bend = LEFT - 34
    return f"M {one.x} {one.middle} C {bend} {one.middle} {bend} {other.middle} {other.x - 4} {other.middle}"


def around(one: Box, other: Box) -> str:
    """From one closed status to another: out on the right side and back."""
    out = RIGHT + BOX_WIDTH
    bend = out + 30 + abs(other.y - one.y) // 5
    return f"M {out} {one.middle} C {bend} {one.middle} {bend} {other.middle} {out + 4} {other.middle}"


def sentences(ways: dict[OrderStatus, list[OrderStatus]]) -> list[str]:
    said = []
    for status, targets in ways.items():
        names = [str(target.label) for target in targets if target != status]
        if names:
            said.append(
                _("%(status)s can become %(others)s.") % {"status": status.label, "others": _(" or ").join(names)}
            )
        else:
            said.append(_("%(status)s is final.") % {"status": status.label})
    returning = [str(status.label) for status in OrderStatus if status in RETURNS_MONEY]
    said.append(_("Money comes back in %(statuses)s.") % {"statuses": ", ".join(returning)})
    return said
