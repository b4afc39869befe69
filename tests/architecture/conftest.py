"""Lets the architecture tests look at the portal's addresses."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taysir.web.settings")
django.setup()
