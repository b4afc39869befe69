"""Django settings of the programme office, derived from :class:`ProgrammeSettings`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from taysir.kernel import limits
from taysir.web.installation import read_installation


class ProgrammeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a programme office must be told.

    Attributes:
        secret_key: at least 50 characters in production.
        public_url: the address of the pages, without a slash at its end.
        host: the address to listen on.
        port: the port of the pages.
        intake_port: the port where the programme's node delivers case events.
        database: the SQLite file, or ``:memory:``.
        static_root: where collected static files lie.
        threads: pages answered at the same time.
    """

    secret_key: str = "bare-test-installation-" + "x" * 40
    public_url: str = "http://127.0.0.1:8001"
    host: str = "127.0.0.1"
    port: int = 8001
    intake_port: int = 8012
    database: str = ":memory:"
    static_root: str = ""
    threads: int = 4


PROGRAMME: Final = read_installation(ProgrammeSettings)
_SECURE: Final = PROGRAMME.public_url.startswith("https://")

SECRET_KEY = PROGRAMME.secret_key
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", PROGRAMME.public_url.partition("://")[2].split(":")[0]]
ROOT_URLCONF = "taysir.web.urls_programme"
WSGI_APPLICATION = "taysir.web.wsgi.application"

INSTALLED_APPS = ["django.contrib.staticfiles", "taysir.ui", "taysir.programme.measures"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "taysir.web.compression.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "taysir.ui.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "taysir.web.problems.ProblemMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "taysir.ui.jinja.environment",
            "context_processors": ["django.template.context_processors.request"],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": PROGRAMME.database,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                f"PRAGMA cache_size=-{limits.PAGES_CACHE_KIB};"
            ),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "ar"
LANGUAGES = [("ar", "العربية"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Riyadh"

STATIC_URL = "/static/"
STATIC_ROOT = Path(PROGRAMME.static_root) if PROGRAMME.static_root else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PROGRAMME.static_root
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PROGRAMME.static_root

SESSION_COOKIE_SECURE = _SECURE
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

LOGGING_CONFIG = None
