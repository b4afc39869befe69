"""The names of BPMN 2.0 files: namespaces, and which elements are drawn, left out or refused."""

from __future__ import annotations

from typing import Final

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMN_DI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
FEEL: Final = "https://www.omg.org/spec/DMN/20191111/FEEL/"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
TAYSIR: Final = "urn:taysir:bpmn:1"

PERSON_TASKS: Final = frozenset({"task", "userTask", "manualTask"})
"""Tasks that people do."""

SYSTEM_TASKS: Final = frozenset({"serviceTask", "businessRuleTask"})
"""Tasks that are done by software."""

TASKS: Final = PERSON_TASKS | SYSTEM_TASKS

NODES: Final = TASKS | {
    "startEvent",
    "endEvent",
    "boundaryEvent",
    "intermediateCatchEvent",
    "exclusiveGateway",
    "parallelGateway",
    "complexGateway",
}
"""Elements that become part of a flow."""

NOTES: Final = frozenset(
    {
        "documentation",
        "extensionElements",
        "textAnnotation",
        "association",
        "group",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "dataInputAssociation",
        "dataOutputAssociation",
        "ioSpecification",
        "property",
        "auditing",
        "monitoring",
        "category",
        "dataStore",
        "itemDefinition",
        "relationship",
        "BPMNDiagram",
    }
)
"""Elements that tell people something and move no case: they are left out."""
