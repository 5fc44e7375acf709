from django.urls import path

from support.views import files, opening, thread

urlpatterns = [
    path("", thread.ticket_list, name="ticket_list"),
    path("new/", opening.ticket_new, name="ticket_new"),
    path("new/beside/", opening.ticket_beside, name="ticket_beside"),
    path("new/answered/", opening.ticket_answered, name="ticket_answered"),
    path("<int:number>/", thread.ticket_detail, name="ticket_detail"),
    path("<int:number>/solve/", thread.ticket_solve, name="ticket_solve"),
    path("<int:number>/rate/", thread.ticket_rate, name="ticket_rate"),
    path("<int:number>/files/<slug:key>/", files.ticket_file, name="ticket_file"),
]
