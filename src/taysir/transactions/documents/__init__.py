"""Sealed documents: made once, verifiable by anyone, for ever.

Flow: ``service.issue`` reads the template's description (``description.py``), sets the page
(``typesetting.py``), seals it (the port in ``base.py``, PAdES in ``contrib/``), keeps the bytes
(``storage.py``) and records it (``models.py``). ``verification.py`` answers the public page that
the QR code leads to. The app knows nothing of cases beyond their number.
"""
