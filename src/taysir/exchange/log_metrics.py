"""What a node's log shows to Prometheus: how far it is, who vouches, how long records wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from taysir.exchange.log_lag import LogLag

_GAUGES: Final = (
    ("taysir_log_leaves", "Records in the transparency log.", "records"),
    ("taysir_log_checkpoint_size", "Records under the signed checkpoint.", "checkpoint"),
    ("taysir_log_stamped_size", "Records witnessed and stamped.", "stamped"),
    ("taysir_log_witnesses", "Cosignatures of the last round.", "witnesses"),
    (
        "taysir_log_oldest_unstamped_seconds",
        "Age of the oldest record without third-party time.",
        "oldest_unstamped_s",
    ),
)
_PARTIES: Final = ("witness", "stamp", "status", "disk")


def log_metrics(state: Mapping[str, Any], *, lag: LogLag, failures: Counter[str]) -> list[str]:
    """Return the lines of a log in Prometheus' text form."""
    lines = []
    for name, text, key in _GAUGES:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {state[key]}"]
    return [
        *lines,
        "# HELP taysir_log_stamped_total Records by whether they were stamped within 15 s.",
        "# TYPE taysir_log_stamped_total counter",
        f'taysir_log_stamped_total{{in_time="yes"}} {lag.in_time}',
        f'taysir_log_stamped_total{{in_time="no"}} {lag.late}',
        "# HELP taysir_log_failures_total Third parties, or the disk, that failed.",
        "# TYPE taysir_log_failures_total counter",
        *(f'taysir_log_failures_total{{party="{party}"}} {failures[party]}' for party in _PARTIES),
    ]
