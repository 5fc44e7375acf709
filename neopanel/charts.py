"""Charts as SVG made on the server: plain numbers in, the geometry of one picture out. No script, no inline style.

Shapes alone are drawn; words stand beside them as text, so that they keep their size on a phone. Each chart carries a
sentence for those who do not see it and the same numbers as a table. `templates/components/charts/` draws them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

# The coordinates of a picture: one column is WIDTH wide, HEIGHT is full height.
WIDTH, GAP, HEIGHT = 20, 4, 100


@dataclass(frozen=True)
class Point:
    """One value: what it stands for, the number, and the number as people read it."""

    label: str
    value: int | Decimal
    shown: str
    here: bool = False


@dataclass(frozen=True)
class Column:
    point: Point
    x: int
    y: str
    width: int
    height: str


@dataclass(frozen=True)
class Chart:
    """`line` and `area` are the points of an SVG polyline and polygon; `zero` is where nothing stands."""

    title: str
    points: tuple[Point, ...]
    columns: tuple[Column, ...]
    line: str
    area: str
    zero: str
    width: int
    most: Point | None

    @property
    def height(self) -> int:
        return HEIGHT

    @property
    def first(self) -> Point:
        return self.points[0]

    @property
    def last(self) -> Point:
        return self.points[-1]

    @property
    def here(self) -> Point | None:
        return next((point for point in self.points if point.here), None)


def chart(title: str, points: Sequence[Point]) -> Chart:
    """The geometry of these points, in their order, as columns and as a line; values below zero hang from the zero line."""
    points = tuple(points)
    top, bottom = scale([point.value for point in points])
    columns = tuple(column(point, number, top, bottom) for number, point in enumerate(points))
    zero = written(height_of(0, top, bottom))
    middles = [f"{one.x + one.width // 2},{written(height_of(one.point.value, top, bottom))}" for one in columns]
    width = max(1, len(points)) * WIDTH
    edges = [f"{WIDTH // 2},{zero}", *middles, f"{width - WIDTH // 2},{zero}"]
    return Chart(
        title=title,
        points=points,
        columns=columns,
        line=" ".join(middles),
        area=" ".join(edges) if middles else "",
        zero=zero,
        width=width,
        most=max(points, key=lambda point: point.value, default=None),
    )


def scale(values: Sequence[int | Decimal]) -> tuple[Decimal, Decimal]:
    """Highest and lowest value that the picture reaches; zero is always in it, and it is never flat."""
    top = max([Decimal(value) for value in values], default=Decimal(0))
    bottom = min([Decimal(value) for value in values], default=Decimal(0))
    top, bottom = max(top, Decimal(0)), min(bottom, Decimal(0))
    return (top, bottom) if top > bottom else (Decimal(1), Decimal(0))


def column(point: Point, number: int, top: Decimal, bottom: Decimal) -> Column:
    zero, value = height_of(0, top, bottom), height_of(point.value, top, bottom)
    upper, lower = min(zero, value), max(zero, value)
    if point.value and lower - upper < 1:  # a small value is seen, too
        upper = lower - 1
    return Column(
        point=point,
        x=number * WIDTH + GAP // 2,
        y=written(upper),
        width=WIDTH - GAP,
        height=written(lower - upper),
    )


def height_of(value: int | Decimal, top: Decimal, bottom: Decimal) -> Decimal:
    """How far from the upper edge this value stands."""
    return (top - Decimal(value)) * HEIGHT / (top - bottom)


def written(number: Decimal) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
