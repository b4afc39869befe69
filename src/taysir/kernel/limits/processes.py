"""Bounds of the processes of an installation."""

from __future__ import annotations

from typing import Final

from taysir.kernel.limits.units import KIB, MIB

PROCESS_STOP_TIMEOUT_S: Final = 10.0
"""From SIGTERM to SIGKILL; a node needs one commit, the portal one request."""

PROCESS_SETTLED_S: Final = 30.0
"""A process that lived this long starts again at once; one that dies sooner waits longer."""

PROCESS_RESTART_PAUSE_MAX_S: Final = 10.0
"""The longest pause before a failing process is started again."""

PROCESS_READY_TIMEOUT_S: Final = 60.0
"""From fork to a good health answer; a slow disk migrates databases in some seconds."""

PROCESS_LOG_BYTES: Final = 20 * MIB
"""A process log larger than this is put aside when the process starts."""

COUNTRY_FREE_DISK_BYTES: Final = 600 * MIB
"""Free space asked for before a country is made; 100,000 persons take about a third of it."""

POPULATION_MIN: Final = 100
"""Fewer persons cannot hold every persona of the sample services."""

POPULATION_MAX: Final = 5_000_000
"""More persons than this do not fit the registries' SQLite files in sensible time."""

MALLOC_ARENAS: Final = 1
"""Heaps of the C library in a process that serves pages; its threads run Python one at a time."""

MALLOC_LARGE_BYTES: Final = 128 * KIB
"""A block this large goes back to the system when it is freed: a page has less, a PDF more."""

PAGES_CACHE_KIB: Final = 512
"""SQLite's own cache of each thread that serves pages; the system caches the file besides."""

CERTIFICATE_WARNING_DAYS: Final = 14
"""How long before it expires ``doctor`` tells of a certificate: time to sign, and a holiday."""

EXAMINATION_TIMEOUT_S: Final = 2.0
"""How long ``doctor`` waits for each address it asks, so that it ends while somebody watches."""
