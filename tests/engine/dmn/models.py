"""Small DMN models written for the tests."""

from __future__ import annotations

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def model(body: str, *, namespace: str = "urn:test", name: str = "test") -> bytes:
    """Return a whole DMN file."""
    return (
        f'<definitions xmlns="{NAMESPACE}" id="m" name="{name}" namespace="{namespace}">'
        f"{body}</definitions>"
    ).encode()


def given(name: str, *, kind: str = "") -> str:
    """Return an input."""
    variable = f'<variable name="{name}" typeRef="{kind}"/>'
    return f'<inputData id="i_{name}" name="{name}">{variable}</inputData>'


def decision(
    name: str,
    logic: str,
    *,
    needs: tuple[str, ...] = (),
    knows: tuple[str, ...] = (),
    kind: str = "",
) -> str:
    """Return a decision; ``needs`` are ids like ``i_age`` or ``d_fee``."""
    required = "".join(
        "<informationRequirement>"
        f'<required{"Input" if each.startswith("i_") else "Decision"} href="#{each}"/>'
        "</informationRequirement>"
        for each in needs
    )
    known = "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{each}"/></knowledgeRequirement>'
        for each in knows
    )
    return (
        f'<decision id="d_{name}" name="{name}"><variable name="{name}" typeRef="{kind}"/>'
        f"{required}{known}{logic}</decision>"
    )


def feel(text: str) -> str:
    """Return a literal expression."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<literalExpression><text>{escaped}</text></literalExpression>"


def table(
    policy: str,
    *rows: tuple[str, ...],
    inputs: tuple[str, ...] = ("age",),
    aggregation: str = "",
    output_values: str = "",
    default: str = "",
) -> str:
    """Return a decision table with one output; each row is its cells and its output."""

    def text(tag: str, value: str) -> str:
        return f"<{tag}><text>{value.replace('<', '&lt;')}</text></{tag}>"

    columns = "".join(f"<input>{text('inputExpression', each)}</input>" for each in inputs)
    values = text("outputValues", output_values) if output_values else ""
    otherwise = text("defaultOutputEntry", default) if default else ""
    rules = "".join(
        "<rule>"
        + "".join(text("inputEntry", cell) for cell in row[: len(inputs)])
        + text("outputEntry", row[len(inputs)] if len(row) > len(inputs) else "")
        + "".join(text("annotationEntry", note) for note in row[len(inputs) + 1 :])
        + "</rule>"
        for row in rows
    )
    aggregate = f' aggregation="{aggregation}"' if aggregation else ""
    return (
        f'<decisionTable id="t" hitPolicy="{policy}"{aggregate}>{columns}'
        f'<output>{values}{otherwise}</output><annotation name="article"/>{rules}</decisionTable>'
    )
