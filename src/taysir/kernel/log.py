"""Structured events for every process: one line of JSON an event, never personal data.

Event names are constant snake_case; values are identifiers, sizes and times with the unit in the
key (``elapsed_ms``). Personal data is kept out by the callers and watched by a test that looks for
the personas' names and numbers in the logs of the journeys.
"""

from __future__ import annotations

import logging  # noqa: TID251 - the one place that speaks to the standard library
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


def get_logger(name: str) -> FilteringBoundLogger:
    """Return the logger of one module; ``name`` is the module's ``__name__``."""
    logger: FilteringBoundLogger = structlog.get_logger(source=name)
    return logger


def configure_logging(*, process: str, level: int = logging.INFO) -> None:
    """Send every event of this process to standard error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(process=process)


def silence_library(name: str) -> None:
    """Keep a library from printing what we report in our own words."""
    logging.getLogger(name).setLevel(logging.CRITICAL + 1)
