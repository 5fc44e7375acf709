"""Looks at customers' orders, balances and payments are kept where looks at tickets are: one log, one door."""

from orders import looks
from support.reading import note_read

looks.written_by(note_read)
