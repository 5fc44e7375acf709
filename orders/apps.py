from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from orders import triggers

# Migrations of these apps may rebuild a guarded table on SQLite, where its triggers vanish with the old one.
REBUILDING_APPS = {"orders", "accounts"}
GUARDED_TABLES = {"orders_ledgerentry", "orders_wallet", "orders_deposit", "orders_order"}


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self):
        from orders import checks  # noqa: F401  (registers the system checks once the models are loaded)

        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(create_triggers, sender=self)


def drop_triggers(sender, using, plan, **kwargs):
    if any(migration.app_label in REBUILDING_APPS for migration, _backwards in plan):
        triggers.drop(using)


def create_triggers(sender, using, **kwargs):
    # When somebody migrates backwards the tables may be gone.
    # What is there already is left alone: the runtime role may migrate when there is nothing to do, but owns no table.
    if set(connections[using].introspection.table_names()) >= GUARDED_TABLES and triggers.missing(using):
        triggers.create(using)
