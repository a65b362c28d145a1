"""Reads a model's domain with libyaml: Rasa parses every FAQ's answers three times in pure Python, five CPU seconds
of the six that taking up a release costs, while patients are being answered (docs/decisions/0009).

Only the domain inside a model, which Rasa itself has checked when it was written; projects are read by Rasa's way.
"""

from pathlib import Path
from typing import Any

import ruamel.yaml.resolver
import yaml
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.domain import Domain

_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # found at run time
    """Takes for a number or a truth value what Rasa does, by YAML 1.2: the answers `No` and `12:30` are texts."""


_Loader.yaml_implicit_resolvers = {}
for versions, tag, pattern, first in ruamel.yaml.resolver.implicit_resolvers:
    if (1, 2) in versions and tag != _TIMESTAMP:  # Rasa leaves dates as text
        _Loader.add_implicit_resolver(tag, pattern, first)


def read_domain(folder: Path) -> Domain:
    """The domain that a model's component folder holds. Raises yaml.YAMLError or OSError."""
    text = (folder / "domain.yml").read_text(encoding="utf-8")
    return Domain.from_dict(yaml.load(text, Loader=_Loader))


def _load(
    cls: type[DomainProvider],
    config: dict[str, Any],
    model_storage: ModelStorage,
    resource: Resource,
    execution_context: ExecutionContext,
    **_: Any,
) -> DomainProvider:
    with model_storage.read_from(resource) as folder:
        return cls(model_storage, resource, read_domain(folder))


def install() -> None:
    """Let Rasa read models' domains this way. Raises AttributeError if a new Rasa has no such method to replace."""
    DomainProvider.load  # noqa: B018
    DomainProvider.load = classmethod(_load)  # type: ignore[arg-type]  # Rasa has no types
