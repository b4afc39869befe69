"""What holds for every test: generated examples have no deadline.

A test machine may be slower than any other, and a slow example is no wrong one; speed is measured
by the programs in ``bench/``. ``./taysir test --fast`` asks for the profile with fewer examples.
"""

from __future__ import annotations

from hypothesis import settings

from tests.examples import FAST_EXAMPLES, FAST_PROFILE

settings.register_profile("taysir", deadline=None)
settings.register_profile(FAST_PROFILE, deadline=None, max_examples=FAST_EXAMPLES)
settings.load_profile("taysir")
