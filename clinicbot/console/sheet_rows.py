"""The rows of an import's page: what each FAQ of the sheet would become, and what is wrong with it."""

from collections.abc import Mapping
from typing import Any

from clinicbot.console.explainer import Explainer
from clinicbot.console.sheet_previews import Choice, Decision, Preview, alters_facts, fields_of, is_settled, saw
from clinicbot.console.texts import Words
from clinicbot.faq.spreadsheet import Change, FieldChange, Kind
from clinicbot.releases.words import words as word_difference

SHOWN_PROBLEMS = 20
SHOWN_PHRASINGS = 15
SHOWN_NUMBERS = 10


def row_of(change: Change, decision: Decision | None, explainer: Explainer) -> dict[str, Any]:
    choice = decision.choice if decision else None
    fields = [_field(field, explainer.words) for field in fields_of(change, choice)]
    errors = tuple(finding for finding in change.findings if not finding.is_warning)
    return {
        "id": change.faq.id,
        "title": explainer.titles.get(change.faq.id) or _title(change),
        "numbers": ", ".join(map(str, change.rows[:SHOWN_NUMBERS])) + ("…" if len(change.rows) > SHOWN_NUMBERS else ""),
        "kind": change.kind,
        "alters_facts": alters_facts(change),
        "choice": choice,
        "by": decision.by if decision else "",
        "is_overtaken": decision is not None and decision.saw != saw(change),
        "fields": fields,
        "errors": explainer.lines(errors[:SHOWN_PROBLEMS], change.faq.id),
        "more_errors": max(0, len(errors) - SHOWN_PROBLEMS),
        "warnings": len({finding.code for finding in change.findings if finding.is_warning}),
    }


def _title(change: Change) -> str:
    return next((answer.title for answer in change.faq.answers.values() if answer.title), change.faq.id)


def _field(field: FieldChange, words: Words) -> dict[str, Any]:
    name, _, rest = field.name.partition(" (")
    language = rest.rstrip(")")
    label = words(f"imports.field_{name}") + (f" ({language})" if len(language) == 2 else "")
    if name == "phrasings":
        gone, come = field.old.splitlines(), field.new.splitlines()
        cut = {"gone": gone[:SHOWN_PHRASINGS], "come": come[:SHOWN_PHRASINGS]}
        more = {"more_gone": max(0, len(gone) - SHOWN_PHRASINGS), "more_come": max(0, len(come) - SHOWN_PHRASINGS)}
        return {"label": label, "is_list": True, "alters_facts": False, **cut, **more}
    segments = word_difference(field.old, field.new, language or "en")
    return {"label": label, "is_list": False, "alters_facts": field.alters_facts, "segments": segments}


def counts_of(found: Preview, decisions: Mapping[str, Decision]) -> dict[str, int]:
    different = [change for change in found.changes if change.kind is not Kind.SAME]
    counts = {kind.value: sum(change.kind is kind for change in found.changes) for kind in Kind}
    decided = [(change, decisions[change.faq.id]) for change in different if change.faq.id in decisions]
    return {
        **counts,
        "all": len(found.changes),
        "different": len(different),
        "facts": sum(map(alters_facts, different)),
        "undecided": len(different) - len(decided),
        "to_write": sum(not is_settled(*each) for each in decided),
        "rejected": sum(decision.choice is Choice.REJECT for _, decision in decided),
    }
