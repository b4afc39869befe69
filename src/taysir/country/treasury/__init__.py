"""The sample treasury: collects bills like a national payments gateway, with every outcome.

Two faces on one handler: ``/bills`` is the back end of a data service behind the exchange
(``api.py``), ``/pay/{number}`` is where a person pays (``pages.py``). ``store.py`` keeps bills,
attempts and payments in SQLite. The payer chooses what the imaginary bank answers: paid, declined,
no answer, paid twice, or paid with the notice arriving late.
"""

from __future__ import annotations

from taysir.country.treasury.handler import make_handler

__all__ = ["make_handler"]
