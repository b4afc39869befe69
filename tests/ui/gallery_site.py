"""A site of nothing but the gallery, for looking at the components and for their browser tests.

Run it by ``python -m tests.ui.gallery_site 8099``.
"""

from __future__ import annotations

import sys
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application

OPTIONS = {"environment": "taysir.ui.jinja.environment"}


def configure() -> None:
    """Set up Django with the parts that the gallery needs."""
    settings.configure(
        DEBUG=True,
        SECRET_KEY="only for the gallery",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="taysir.ui.urls",
        INSTALLED_APPS=["django.contrib.staticfiles", "taysir.ui"],
        MIDDLEWARE=["taysir.ui.middleware.LanguageMiddleware"],
        STATIC_URL="/static/",
        USE_TZ=True,
        TIME_ZONE="Asia/Riyadh",
        LANGUAGE_CODE="ar",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.jinja2.Jinja2",
                "APP_DIRS": True,
                "OPTIONS": OPTIONS,
            }
        ],
    )
    django.setup()


def main(port: int) -> None:
    """Serve the gallery on loopback until stopped."""
    configure()
    with make_server("127.0.0.1", port, StaticFilesHandler(get_wsgi_application())) as server:
        print(f"http://127.0.0.1:{server.server_port}/ui/gallery/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8099)
