"""How English pages of Django and allauth write dates: as the panel's own pages do. What people type stays as Django reads it."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i"
