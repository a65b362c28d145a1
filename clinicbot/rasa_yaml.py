"""YAML as Rasa reads it (1.2, dates left as text), with libyaml, which is ten times faster.

For YAML 1.1, which PyYAML speaks, the answers `No` and `12:30` are a truth value and a number.
"""

from typing import Any

import ruamel.yaml.resolver
import yaml

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_RESOLVERS = [
    (tag, pattern, first)
    for versions, tag, pattern, first in ruamel.yaml.resolver.implicit_resolvers
    if (1, 2) in versions and tag != _TIMESTAMP
]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # found at run time
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  as in the class above it


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Quotes what either version takes for something else than a text."""


for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


def load(text: str) -> Any:
    """Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)


def dump(content: Any) -> str:
    return str(yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False))
