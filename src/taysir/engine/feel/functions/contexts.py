"""Functions on contexts, and ``not``."""

from __future__ import annotations

from taysir.engine.feel.functions.registry import Table
from taysir.engine.feel.values import Context, Value

TABLE = Table()


@TABLE.add("not", "negand: any")
def invert(negand: Value) -> bool | None:
    """Three-valued negation."""
    return (not negand) if type(negand) is bool else None


@TABLE.add("get value", "m: context, key: string")
def get_value(m: Context, key: str) -> Value:
    """Return the entry of a name."""
    return m.get(key)


@TABLE.add("get value", "context: context, keys: list")
def get_value_deep(context: Context, keys: list[Value]) -> Value:
    """Return the entry at the end of a path of names."""
    value: Value = context
    for key in keys:
        if type(value) is not Context or type(key) is not str:
            return None
        value = value.get(key)
    return value if keys else None


@TABLE.add("get entries", "m: context")
def get_entries(m: Context) -> list[Value]:
    """Return the entries as a list of contexts with key and value."""
    return [Context(key=key, value=value) for key, value in m.items()]


@TABLE.add("context", "entries: list")
def make_context(entries: list[Value]) -> Context | None:
    """Make a context from a list of entries; a name may come once."""
    result = Context()
    for entry in entries:
        if type(entry) is not Context or "value" not in entry:
            return None
        key = entry.get("key")
        if type(key) is not str or key in result:
            return None
        result[key] = entry["value"]
    return result


@TABLE.add("context put", "context: context, key: string, value: any")
def context_put(context: Context, key: str, value: Value) -> Context:
    """Return the context with one entry put in."""
    return Context({**context, key: value})


@TABLE.add("context put", "context: context, keys: list, value: any")
def context_put_deep(context: Context, keys: list[Value], value: Value) -> Context | None:
    """Return the context with an entry put in at the end of a path of names."""
    if not keys or any(type(key) is not str for key in keys):
        return None
    result = Context(context)
    inner: Context = result
    for key in keys[:-1]:
        below = inner.get(key)
        if type(below) is not Context:
            return None
        inner[key] = Context(below)
        inner = inner[key]
    inner[keys[-1]] = value
    return result


@TABLE.add("context merge", "contexts: list")
def context_merge(contexts: list[Value]) -> Context | None:
    """Merge contexts; later entries win."""
    result = Context()
    for each in contexts:
        if type(each) is not Context:
            return None
        result.update(each)
    return result
