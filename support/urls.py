from django.urls import path

from support import views

urlpatterns = [
    path("", views.ticket_list, name="ticket_list"),
    path("new/", views.ticket_new, name="ticket_new"),
    path("<int:number>/", views.ticket_detail, name="ticket_detail"),
    path("<int:number>/solve/", views.ticket_solve, name="ticket_solve"),
]
