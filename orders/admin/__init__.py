"""The order desk in Django admin, one file a job. History is read-only; every change goes through a door."""

from orders.admin import catalogue, deposits, halts, ledger, orders, providers, wallets

__all__ = ["catalogue", "deposits", "halts", "ledger", "orders", "providers", "wallets"]
