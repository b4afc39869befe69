"""Every bound of Taysir in one place, each with its reason.

A queue, body, page, retry or timeout without a bound here is a defect. Each bound is tested at the
bound and one beyond. Names end with their unit.
Each part of the house has a module here; all of them are read as ``limits.NAME``.
"""

from __future__ import annotations

from taysir.kernel.limits.dataservice import *
from taysir.kernel.limits.engine import *
from taysir.kernel.limits.faces import *
from taysir.kernel.limits.log import *
from taysir.kernel.limits.node import *
from taysir.kernel.limits.processes import *
from taysir.kernel.limits.programme import *
from taysir.kernel.limits.transactions import *
from taysir.kernel.limits.trust import *
from taysir.kernel.limits.units import *
from taysir.kernel.limits.values import *
