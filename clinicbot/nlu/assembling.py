"""An `Understander` from a model and the options of config.yml, inside Rasa or without it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clinicbot.nlu.meaning import Acts
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.nlu.understanding import Understander
from clinicbot.texts import DEFAULT_LANGUAGE
from clinicbot.yaml_files import ContentError, read_yaml

CLASSIFIER = "clinicbot.nlu.question_classifier.QuestionClassifier"


def assemble(model: QuestionModel, titles: Mapping[str, Mapping[str, str]], options: Mapping[str, Any]) -> Understander:
    """`options` are the classifier's, complete."""
    acts = Acts(
        asides=frozenset(options["asides"]),
        repeat=options["repeat"],
        accept=options["accept"],
        decline=options["decline"],
        once=options["once"],
        clarify={intent: tuple(faqs) for intent, faqs in options["clarify"].items()},
    )
    return Understander(
        model,
        titles=titles,
        negatives=options["negatives"],
        urgent=options["urgent"],
        acts=acts,
        threshold=options["threshold"],
    )


def titles_in(responses: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, dict[str, str]]:
    """The FAQs' titles by id and language, from the metadata of their answers; other responses have none."""
    titles: dict[str, dict[str, str]] = {}
    for action, variations in responses.items():
        for variation in variations:
            title = (variation.get("metadata") or {}).get("title")
            conditions = variation.get("condition") or []
            language = next((c["value"] for c in conditions if c.get("name") == "language"), DEFAULT_LANGUAGE)
            if title:
                titles.setdefault(action.removeprefix("utter_"), {})[language] = title
    return titles


def default_options() -> dict[str, Any]:
    """Of a classifier that config.yml says nothing more of."""
    return {
        "vocabulary": None,
        "languages": [DEFAULT_LANGUAGE],
        "negatives": [],
        "urgent": {},
        "threshold": None,
        "asides": [],
        "repeat": None,
        "accept": None,
        "decline": None,
        "once": {},
        "clarify": {},
        "trained": None,
    }


def read_options(config: Path) -> dict[str, Any]:
    """The classifier's options in a config.yml. Raises ContentError where there is no such classifier."""
    for component in read_yaml(config).get("pipeline") or []:
        if component.get("name") == CLASSIFIER:
            return {**default_options(), **{key: value for key, value in component.items() if key != "name"}}
    raise ContentError(f"{config}: the pipeline has no {CLASSIFIER}")
