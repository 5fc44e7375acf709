"""Editors work here. Every text goes through `writing.py`, every step of its way to readers through `publishing.py`."""

from helpcenter.admin import advice, articles, places

__all__ = ["advice", "articles", "places"]
