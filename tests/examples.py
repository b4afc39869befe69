"""How many examples a generated test tries.

A test that needs another number than the profile's says so here, so that ``./taysir test --fast``
can still try fewer of them.
"""

from __future__ import annotations

from typing import Final

from hypothesis import settings

FAST_PROFILE: Final = "taysir-fast"
FAST_EXAMPLES: Final = 15


def examples(count: int, *, steps: int | None = None) -> settings:
    """Return the settings for so many examples, or for the few of the fast profile.

    ``steps`` bounds the steps of one run of a state machine.
    """
    fast = settings.get_current_profile_name() == FAST_PROFILE
    few = min(count, FAST_EXAMPLES) if fast else count
    if steps is None:
        return settings(max_examples=few, deadline=None)
    return settings(max_examples=few, stateful_step_count=steps, deadline=None)
