from support.models.contact import ContactNote
from support.models.desk import AdviceAnswer, CannedReply
from support.models.mail import TicketMail
from support.models.message import Attachment, Draft, Message, TicketEvent
from support.models.reading import CustomerRead
from support.models.site_notice import SiteNotice
from support.models.ticket import (
    REOPEN_WITHIN,
    TOPICS_OF_AN_ORDER,
    TOPICS_OF_MONEY,
    Tag,
    Ticket,
    TicketState,
    Topic,
)

__all__ = [
    "REOPEN_WITHIN",
    "TOPICS_OF_AN_ORDER",
    "TOPICS_OF_MONEY",
    "AdviceAnswer",
    "Attachment",
    "CannedReply",
    "ContactNote",
    "CustomerRead",
    "Draft",
    "Message",
    "SiteNotice",
    "Tag",
    "Ticket",
    "TicketEvent",
    "TicketMail",
    "TicketState",
    "Topic",
]
