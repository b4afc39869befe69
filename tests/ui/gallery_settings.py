"""Django settings with nothing but the parts that the gallery needs."""

from __future__ import annotations

from typing import Any

DEBUG = True
SECRET_KEY = "only for the gallery"
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
ROOT_URLCONF = "tests.ui.gallery_urls"
INSTALLED_APPS = ["django.contrib.staticfiles", "taysir.ui"]
MIDDLEWARE = ["taysir.ui.middleware.LanguageMiddleware"]
STATIC_URL = "/static/"
USE_TZ = True
TIME_ZONE = "Asia/Riyadh"
LANGUAGE_CODE = "ar"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "taysir.ui.jinja.environment"},
    }
]
