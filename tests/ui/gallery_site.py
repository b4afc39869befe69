"""A site of nothing but the gallery, for looking at the components and for their browser tests.

Run it by ``PYTHONPATH=src python -m tests.ui.gallery_site 8099``.
"""

from __future__ import annotations

import os
import sys
from wsgiref.simple_server import make_server

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application


def main(port: int) -> None:
    """Serve the gallery on loopback until stopped."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.ui.gallery_settings"
    with make_server("127.0.0.1", port, StaticFilesHandler(get_wsgi_application())) as server:
        print(f"http://127.0.0.1:{server.server_port}/ui/gallery/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8099)
