"""The tables, one file a job; importers need not know which."""

from orders.models.catalogue import Category, Service
from orders.models.deposit import Deposit, PaymentMethod
from orders.models.event import OrderEvent
from orders.models.ledger import LedgerEntry, Wallet
from orders.models.mass import MassOrder
from orders.models.measuring import ServiceTimes
from orders.models.notice import Notice
from orders.models.order import Order
from orders.models.provider import Provider
from orders.models.refill import Refill
from orders.models.running import ChoreRun, Halt
from orders.models.shelf import CatalogueImport, CustomRate, Favourite, ServiceChange
from orders.models.tally import DayTotal, TallyMark

__all__ = [
    "CatalogueImport",
    "Category",
    "ChoreRun",
    "CustomRate",
    "DayTotal",
    "Deposit",
    "Favourite",
    "Halt",
    "LedgerEntry",
    "MassOrder",
    "Notice",
    "Order",
    "OrderEvent",
    "PaymentMethod",
    "Provider",
    "Refill",
    "Service",
    "ServiceChange",
    "ServiceTimes",
    "TallyMark",
    "Wallet",
]
