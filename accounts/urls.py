from django.urls import path

from accounts import views

urlpatterns = [
    path("api-keys/", views.api_keys, name="api_keys"),
    path("api-keys/<int:key_id>/revoke/", views.revoke_api_key, name="revoke_api_key"),
    path("mails/<str:token>/", views.switch_mails_off, name="switch_mails_off"),
    # Stands before allauth's page of the same name.
    path("sessions/", views.session_list, name="usersessions_list"),
    path("sessions/others/end/", views.end_other_sessions, name="end_other_sessions"),
    path("sessions/<int:session_id>/end/", views.end_session, name="end_session"),
    path("preferences/", views.preferences, name="preferences"),
]
