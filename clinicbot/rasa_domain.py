"""Reads a model's domain with libyaml: Rasa parses every FAQ's answers three times in pure Python, five CPU seconds
of the six that taking up a release costs, while patients are being answered (docs/decisions/0009).

Only the domain inside a model, which Rasa itself has checked when it was written; projects are read by Rasa's way.
"""

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.domain import Domain

from clinicbot import rasa_yaml


def read_domain(folder: Path) -> Domain:
    """The domain that a model's component folder holds. Raises yaml.YAMLError or OSError."""
    text = (folder / "domain.yml").read_text(encoding="utf-8")
    return Domain.from_dict(rasa_yaml.load(text))


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
