"""What a mistyped word may have meant: the nearest word that occurs in titles, keywords, summaries and headings."""

from django.db.models import Q

from helpcenter.models import SearchWord

SHORTEST = 4
LONG = 7


def nearest(word: str) -> str:
    """The known word that is a mistake or two away; the word itself where there is none. One query."""
    most = 1 if len(word) < LONG else 2
    if len(word) < SHORTEST or word.isdigit():
        return word
    # People seldom miss the first letter, and if they do, the second one is there.
    begins = Q(word__startswith=word[0]) | Q(word__startswith=word[1])
    known = SearchWord.objects.filter(begins, length__range=(len(word) - most, len(word) + most))
    letters, best, least = set(word), word, most + 1
    for candidate in known.order_by("word").values_list("word", flat=True):
        if len(letters ^ set(candidate)) > 2 * most:
            continue
        mistakes = distance(word, candidate)
        if mistakes < least:
            best, least = candidate, mistakes
    return best


def distance(one: str, other: str) -> int:
    """Letters to add, drop, replace or swap with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
