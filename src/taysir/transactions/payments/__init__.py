"""Bills and payments: one bill a case, money in minor units, the treasury's word and no other.

Flow: ``service.create_bill`` records a bill and registers it with the treasury through the port in
``base.py``; the person pays at the treasury; ``service.refresh`` (when the person comes back) and
``service.reconcile`` (in the worker) ask the treasury what it holds and record it. A redirect, a
parameter or a notice is never believed. Who waits for a payment subscribes in ``registry``.
"""
