"""Every bound of Taysir in one place, each with its reason.

A queue, body, page, retry or timeout without a bound here is a defect. Each bound is tested at the
bound and one beyond. Names end with their unit.
"""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# --- HTTP faces (exchange, data services, sample services) ---------------------------------------

HTTP_HEADER_BYTES: Final = 16 * KIB
"""All request headers together; the usual servers allow 8 KiB, a statement takes about 1 KiB."""

HTTP_TARGET_BYTES: Final = 4 * KIB
"""The request target; longer ones are attacks or mistakes."""

HTTP_BODY_BYTES: Final = 10 * MIB
"""A whole body held in memory; larger ones go through streams (a later step)."""

HTTP_HEADER_TIMEOUT_S: Final = 10.0
"""From the first byte of a request to the end of its headers; ends slow-header clients."""

HTTP_BODY_TIMEOUT_S: Final = 30.0
"""From the end of the headers to the end of the body; ends slow-body clients."""

HTTP_IDLE_TIMEOUT_S: Final = 60.0
"""A kept connection without a request."""

HTTP_CONNECTIONS: Final = 1024
"""Open connections of one listening face; beyond it new ones are refused at once."""

# --- Processes of an installation ----------------------------------------------------------------

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

# --- Service packs and cases (engine) ------------------------------------------------------------

PACK_FILE_BYTES: Final = MIB
"""One file of a service pack; the largest of the sample services has 30 KiB."""

PACK_FILES: Final = 500
"""Files of one pack, tests included; a few tests per rule row stay far below."""

PACK_NESTING: Final = 40
"""How deep a YAML file of a pack may nest; the format itself needs nine levels."""

ANSWER_CHARACTERS: Final = 2000
"""One typed answer, before a fact's own limit; longer texts are uploads."""

CASE_FACTS_BYTES: Final = 256 * KIB
"""The facts of one case as JSON; a renewal takes about 6 KiB."""

TOKEN_BYTES: Final = 2 * KIB
"""The state of one case's flow as JSON, whatever the number of past steps."""

FLOW_TIMER_RUNS: Final = 1_000_000
"""How often a repeating timer may fire in one stage before the case is left to its deadline."""

VISITOR_TIMEOUT_S: Final = 20.0
"""How long the tour waits for one page."""
