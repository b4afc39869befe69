"""How long records wait for their third-party time, and when that becomes too long.

Marks say when records arrived; a complete checkpoint takes away the marks below its size and counts
how many of its records were in time. Times are passed in; two threads may tell it.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from taysir.kernel import limits


@dataclass(slots=True)
class _Mark:
    """Records below ``end`` that are not below the mark before arrived at ``at_ms``, or later."""

    end: int
    at_ms: int


class LogLag:
    """The waiting records of one log."""

    def __init__(self, *, complete_size: int) -> None:
        self._marks: deque[_Mark] = deque()
        self._lock = threading.Lock()
        self._size = complete_size
        self.in_time = 0
        self.late = 0

    @property
    def complete_size(self) -> int:
        """How many records are stamped and witnessed."""
        return self._size

    def arrived(self, end: int, *, at_ms: int) -> None:
        """Remember that records up to a size are there."""
        with self._lock:
            last = self._marks[-1].end if self._marks else self._size
            if end <= last:
                return
            if len(self._marks) >= limits.LOG_LAG_MARKS:
                self._marks[-1].end = end
            else:
                self._marks.append(_Mark(end, at_ms))

    def completed(self, size: int, *, at_ms: int) -> None:
        """Count the records below a size as stamped and witnessed at a time."""
        with self._lock:
            while self._marks and self._size < size:
                mark = self._marks[0]
                end = min(mark.end, size)
                if at_ms - mark.at_ms <= limits.LOG_STAMP_PROMISE_S * 1000:
                    self.in_time += end - self._size
                else:
                    self.late += end - self._size
                self._size = end
                if mark.end == end:
                    self._marks.popleft()
            self._size = max(self._size, size)

    def oldest_ms(self, *, now_ms: int) -> int:
        """Return how long the oldest waiting record has waited; 0 when none waits."""
        try:
            return max(0, now_ms - self._marks[0].at_ms)
        except IndexError:
            return 0
