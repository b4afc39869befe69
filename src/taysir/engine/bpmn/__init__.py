"""Flows as BPMN 2.0: drawn out for common tools, and read back from them."""

from __future__ import annotations

from taysir.engine.bpmn.interpreting import Imported, import_bpmn
from taysir.engine.bpmn.writing import export_bpmn

__all__ = ["Imported", "export_bpmn", "import_bpmn"]
