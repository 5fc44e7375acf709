from django.urls import path

from orders.api.v1 import v1
from orders.api.v2 import v2
from orders.views import api_page, balance, catalogue, deposits, mass, orders, placing

urlpatterns = [
    path("services/", catalogue.service_list, name="service_list"),
    path("services/changes/", catalogue.service_changes, name="service_changes"),
    path("services/<int:service_id>/favourite/", catalogue.service_favourite, name="service_favourite"),
    path("orders/", orders.order_list, name="order_list"),
    path("orders/new/", placing.order_new, name="order_new"),
    path("orders/mass/", mass.mass_new, name="mass_new"),
    path("orders/mass/<int:mass_id>/", mass.mass_detail, name="mass_detail"),
    path("orders/<int:order_id>/", orders.order_detail, name="order_detail"),
    path("orders/<int:order_id>/cancel/", orders.order_cancel, name="order_cancel"),
    path("orders/<int:order_id>/refill/", orders.order_refill, name="order_refill"),
    path("orders/<int:order_id>/note/", orders.order_note, name="order_note"),
    path("balance/", balance.balance_history, name="balance_history"),
    path("balance/statement/<int:year>-<int:month>/", balance.statement, name="balance_statement"),
    path("balance/add/", deposits.balance_add, name="balance_add"),
    path("api/", api_page.api_page, name="api_page"),
    path("api/openapi.json", api_page.openapi_file, name="api_openapi"),
    path("api/v1", v1, name="api_v1"),
    path("api/v2", v2, name="api_v2"),
]
