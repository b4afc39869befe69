"""The sample national identity provider: OpenID Connect with personas to choose from.

``handler.py`` routes, ``tokens.py`` holds keys, codes and signed ID tokens, ``pages.py`` shows the
sign-in page. A person chooses whom to be, gives the password, or cancels. Everything is in memory:
a restart forgets sign-ins that were under way, and the portal explains that.
"""

from __future__ import annotations

from taysir.country.identity_provider.handler import make_handler

__all__ = ["make_handler"]
