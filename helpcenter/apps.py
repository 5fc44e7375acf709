from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from helpcenter import search_tables


class HelpcenterConfig(AppConfig):
    name = "helpcenter"
    verbose_name = _("Help center")

    def ready(self):
        # They register themselves, or read models: only once the apps are loaded.
        from helpcenter import checks, live_blocks, showing_again  # noqa: F401

        post_migrate.connect(create_search_tables, sender=self)
        post_migrate.connect(showing_again.after_migrate, sender=self)


def create_search_tables(sender, using, **kwargs):
    # When somebody migrates backwards the table may be gone.
    if search_tables.TABLE in connections[using].introspection.table_names():
        search_tables.create(using)
