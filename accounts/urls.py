from django.urls import path

from accounts import views

urlpatterns = [
    path("api-keys/", views.api_keys, name="api_keys"),
    path("api-keys/<int:key_id>/revoke/", views.revoke_api_key, name="revoke_api_key"),
    path("mails/<str:token>/", views.switch_mails_off, name="switch_mails_off"),
    path("preferences/", views.preferences, name="preferences"),
]
