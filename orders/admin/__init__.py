"""The order desk in Django admin, one file a job. History is read-only; every change goes through a door."""

from orders.admin import catalogue, deposits, ledger, orders, providers

__all__ = ["catalogue", "deposits", "ledger", "orders", "providers"]
