from django.urls import path

from helpcenter import feeds, views

# `search` and `faq` stand before sections: they are reserved, no section can take them.
urlpatterns = [
    path("", views.home, name="help_home"),
    path("search/", views.search_page, name="help_search"),
    path("faq/", views.faq, name="help_faq"),
    path("changes.xml", feeds.changes, name="help_changes"),
    path("images/<int:image_id>/<str:name>", views.image, name="help_image"),
    path("<slug:section>/", views.section, name="help_section"),
    path("<slug:section>/<slug:slug>/", views.article, name="help_article"),
    path("<slug:section>/<slug:slug>/helpful/", views.vote, name="help_vote"),
]
