from django.db import migrations, models


def promise_nothing(apps, schema_editor):
    """Until now the dialect was not spoken: whatever was switched on for it could not be asked of anybody."""
    provider = apps.get_model("orders", "Provider")
    provider.objects.filter(dialect="v1").update(takes_request_id=False, can_cancel=False)


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunPython(promise_nothing, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("dialect", "v1"), _negated=True),
                    models.Q(("can_cancel", False), ("takes_request_id", False)),
                    _connector="OR",
                ),
                name="provider_v1_has_neither",
                violation_error_message="The dialect v1 knows no request_id and no cancel. Switch both off, or choose API v2.",
            ),
        ),
    ]
