"""Django settings of the portal, derived from :class:`~taysir.web.installation.PortalSettings`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from taysir.kernel import limits
from taysir.transactions.documents.base import DocumentsConfig
from taysir.transactions.payments.base import PaymentsConfig
from taysir.web.installation import PortalSettings, read_installation

PORTAL: Final = read_installation(PortalSettings)
TAYSIR_PORTAL: Final = PORTAL
_SECURE: Final = PORTAL.public_url.startswith("https://")

SECRET_KEY = PORTAL.secret_key
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", PORTAL.public_url.partition("://")[2].split(":")[0]]
CSRF_TRUSTED_ORIGINS = [PORTAL.public_url]
ROOT_URLCONF = "taysir.web.urls"
WSGI_APPLICATION = "taysir.web.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "taysir.ui",
    "taysir.transactions.identity",
    "taysir.transactions.catalogue",
    "taysir.transactions.cases",
    "taysir.transactions.documents",
    "taysir.transactions.payments",
    "taysir.transactions.notices",
    "taysir.transactions.tracker",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "taysir.web.compression.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "taysir.web.requests.RequestLogMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "taysir.ui.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "taysir.web.problems.ProblemMiddleware",
]

_CONTEXT: Final = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "taysir.transactions.identity.context.account",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "taysir.ui.jinja.environment",
            "context_processors": _CONTEXT,
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": _CONTEXT},
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": PORTAL.database,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            # Writers queue at the start of a transaction instead of failing in its middle.
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
FORMAT_MODULE_PATH: list[str] = []

STATIC_URL = "/static/"
STATIC_ROOT = PORTAL.static_root or None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PORTAL.static_root
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PORTAL.static_root

# --- Sessions and security -------------------------------------------------------------------

SESSION_COOKIE_NAME = "taysir_portal"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _SECURE
SESSION_COOKIE_AGE = 2 * 3600
CSRF_COOKIE_NAME = "taysir_portal_csrf"
CSRF_COOKIE_SECURE = _SECURE
CSRF_FAILURE_VIEW = "taysir.web.problems.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

_ORIGINS: Final = [PORTAL.sign_in.server_url, PORTAL.pay_url.partition("/pay/")[0]]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        # A form may end at the identity provider or the treasury, by redirects of ours.
        "form-action": ["'self'", *_ORIGINS],
    }
}

# --- Signing in ------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/cases/"
ACCOUNT_ADAPTER = "taysir.transactions.identity.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
SOCIALACCOUNT_ADAPTER = "taysir.transactions.identity.adapters.SocialAccountAdapter"
SOCIALACCOUNT_ONLY = True
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "national",
                "name": "National sign-in",
                "client_id": PORTAL.sign_in.client_id,
                "secret": PORTAL.sign_in.secret,
                "settings": {
                    "server_url": PORTAL.sign_in.server_url,
                    "oauth_pkce_enabled": True,
                    "scope": ["openid", "profile"],
                },
            }
        ]
    }
}

# --- Taysir's own apps -----------------------------------------------------------------------

TAYSIR_DOCUMENTS = DocumentsConfig(
    folder=Path(PORTAL.documents),
    public_url=PORTAL.public_url,
    seal_certificate=Path(PORTAL.seal.certificate),
    seal_key=Path(PORTAL.seal.key),
    trust_roots=Path(PORTAL.seal.trust_roots),
)
TAYSIR_HOLIDAYS = PORTAL.holidays
TAYSIR_PAYMENTS = PaymentsConfig(
    biller=PORTAL.biller,
    service=PORTAL.treasury,
    client=PORTAL.subsystem,
    face_url=PORTAL.face_url,
    admin_url=PORTAL.admin_url,
    pay_url=PORTAL.pay_url,
    return_url=PORTAL.public_url + "/cases/{case}/paid",
)

LOGGING_CONFIG = None
