"""The map of the site. Paths are a contract: programs, tests and bookmarks hold on to them."""

from allauth.account.decorators import secure_admin_login
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path

from helpcenter.feeds import SITEMAPS
from helpcenter.views import article
from neopanel import own_account, views
from neopanel.help_from_ticket import draft_from_ticket
from neopanel.metrics import metrics
from neopanel.styleguide import styleguide
from support.views import outside

# Django's own admin sign-in would let people in without their second factor.
admin.autodiscover()
# Where somebody is signed in is for their own eyes.
admin.site.unregister(UserSession)
admin.site.login = secure_admin_login(admin.site.login)

POLICIES = "payments-balance-policies"

urlpatterns = [
    path("", views.home, name="home"),
    path("accounts/", include("accounts.urls")),
    path("accounts/data/", own_account.data, name="own_data"),
    path("accounts/data/download/", own_account.download, name="own_data_download"),
    path("accounts/leave/", own_account.leave, name="leave"),
    path("accounts/stay/", own_account.stay, name="stay"),
    path("accounts/", include("allauth.urls")),
    path("", include("orders.urls")),
    path("help/", include("helpcenter.urls")),
    path("sitemap.xml", login_not_required(sitemap), {"sitemaps": SITEMAPS}, name="sitemap"),
    path("tickets/", include("support.urls")),
    # Articles that the editors own, at addresses that never change.
    path("terms/", article, {"section": POLICIES, "slug": "terms-of-service"}, name="terms"),
    path("privacy/", article, {"section": POLICIES, "slug": "privacy"}, name="privacy"),
    path("contact/", outside.contact_page, name="contact"),
    path("notices/<int:notice_id>/close/", outside.close_notice, name="close_notice"),
    path("admin/help-from-ticket/<int:number>/", admin.site.admin_view(draft_from_ticket), name="help_from_ticket"),
    path("admin/", admin.site.urls),
    path("styleguide/", styleguide, name="styleguide"),
    path("language/", views.choose_language, name="choose_language"),
    path("theme/", views.choose_theme, name="choose_theme"),
    path("csp-report/", views.csp_report, name="csp_report"),
    path("health/live", views.live, name="health_live"),
    path("health/ready", views.ready, name="health_ready"),
    path("metrics", metrics, name="metrics"),
]

handler500 = "neopanel.unavailable.server_error"
