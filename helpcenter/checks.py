"""A status without a text is a page with nothing to say: the operator hears of it from `check` and `migrate`."""

from django.core import checks
from django.db import connections

from helpcenter import guide
from helpcenter.models import AdviceRevision


@checks.register(checks.Tags.database)
def every_status_has_advice(app_configs, databases=None, **kwargs):
    if "default" not in (databases or ()):
        return []
    # Before the first migrate there is nothing to look at.
    if AdviceRevision._meta.db_table not in connections["default"].introspection.table_names():
        return []
    missing = guide.missing_advice()
    if not missing:
        return []
    named = ", ".join(str(status.label) for status in missing)
    return [
        checks.Warning(
            f"The help center says nothing about these order statuses: {named}.",
            hint="Run load_help; texts that people edited stay as they are.",
            id="helpcenter.W001",
        )
    ]
