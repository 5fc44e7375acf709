from django.db import migrations, models

import orders.service_types


def take_the_services_own(apps, schema_editor):
    """Until now the service alone knew its type: what it says today is the best that is known of its orders."""
    service, order = apps.get_model("orders", "Service"), apps.get_model("orders", "Order")
    types = service.objects.exclude(type="Default").order_by().values_list("type", flat=True).distinct()
    for sold in list(types):
        order.objects.filter(service__in=service.objects.filter(type=sold).values("pk")).update(service_type=sold)


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_events_name_their_request")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="service_type",
            field=models.CharField(
                choices=orders.service_types.ServiceType.choices,
                default="Default",
                max_length=40,
                verbose_name="type as sold",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(take_the_services_own, migrations.RunPython.noop),
    ]
