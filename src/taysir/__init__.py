"""Taysir (تيسير): the software that runs a government's electronic-transactions programme."""

__version__ = "0.1.0"
