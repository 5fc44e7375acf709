"""Looks at customers' accounts, orders, balances and payments are kept where looks at tickets are: one log, one door."""

from accounts import looks
from support.reading import note_read

looks.written_by(note_read)
