"""The agents' side. Every change goes through a door (`support/ticketing.py`, `support/desk.py`)."""

from support.admin import outside, prepared, tickets

__all__ = ["outside", "prepared", "tickets"]
