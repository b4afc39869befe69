"""Writes a flow back as the value and the text of ``flow.yaml``.

The value leaves out what the reader would assume anyway, so two files that mean the same give the
same value; a flow read from a drawing becomes a file of a pack this way.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from taysir.engine.definition import Action, Escalation, Flow, Stage, StageTimer
from taysir.engine.durations import format_duration

_WIDTH: Final = 110


def flow_value(flow: Flow) -> dict[str, Any]:
    """Return the flow as the value of its file."""
    return {
        "start": flow.start,
        "stages": {name: _stage(stage) for name, stage in flow.stages.items()},
    }


def flow_text(value: dict[str, Any]) -> str:
    """Write the value of a flow as YAML without anchors, keys in the order given."""
    return yaml.dump(
        value, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=_WIDTH, indent=2
    )


class _Plain(yaml.SafeDumper):
    """Writes texts and short mappings on one line, and repeats what occurs twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        leaf = all(not isinstance(value, dict | list) for value in mapping.values())
        return super().represent_mapping(tag, mapping, flow_style=leaf)


def _stage(stage: Stage) -> dict[str, Any]:
    join = stage.join
    return _present(
        title=dict(stage.title),
        role=stage.role.value,
        clock_stopped_by=stage.stopped_by.value if stage.stopped_by else None,
        documents=list(stage.documents),
        bill=stage.bill,
        actions={name: _action(action, stage) for name, action in stage.actions.items()},
        timer=_timer(stage.timer),
        deadline=_timer(stage.deadline),
        escalations=[_escalation(item) for item in stage.escalations],
        choose=[
            _present(
                when=way.when.text if way.when else None,
                to=way.to,
                label=dict(way.label) if way.label else None,
            )
            for way in stage.choose
        ],
        fork={branch: list(names) for branch, names in stage.fork.items()},
        join=_present(fork=join.fork, wait_for=join.wait_for.value, to=join.to) if join else None,
        final=stage.final,
    )


def _action(action: Action, stage: Stage) -> dict[str, Any]:
    roles = [role.value for role in action.roles]
    return _present(
        to=action.to,
        label=dict(action.label),
        roles=roles if roles != [stage.role.value] else None,
        when=action.when.text if action.when else None,
        notice=action.notice,
        needs_reason=action.needs_reason,
        reasons=list(action.reasons),
        returns=action.returns,
        back=action.back,
        refund=action.refund,
    )


def _timer(timer: StageTimer | None) -> dict[str, Any] | None:
    if timer is None:
        return None
    return _present(
        after=None if timer.working_days else format_duration(timer.after),
        working_days=timer.working_days,
        every=format_duration(timer.every) if timer.every else None,
        action=timer.action,
    )


def _escalation(escalation: Escalation) -> dict[str, Any]:
    return _present(
        role=escalation.role.value,
        after=None if escalation.working_days else format_duration(escalation.after),
        working_days=escalation.working_days,
        notice=escalation.notice,
    )


def _present(**members: Any) -> dict[str, Any]:
    """Return the members that say something."""
    return {name: value for name, value in members.items() if value}
