"""That there is always something live: the first release, and one anew after the assistant's own code has changed."""

import shutil
import tempfile
from pathlib import Path

from clinicbot import paths
from clinicbot.faq.files import topics_in
from clinicbot.releases.difference import content_digest
from clinicbot.releases.store import About, Release, Releases, copy_content, utc_text
from clinicbot.training.models import CHANGED_BY_STAFF, current_model, engine, ensure_model, is_whole, train

BY = "installation"


def is_ready(releases: Releases, root: Path = paths.ROOT) -> bool:
    """Whether `ensure_live` would only look, not train."""
    live = releases.live()
    if live is None:
        return current_model(root) is not None
    return live.about.engine == engine(root) and is_whole(live.model)


def ensure_live(releases: Releases, root: Path = paths.ROOT) -> Release:
    """The live release, usable with this code. Raises TrainingError, ContentError or ReleaseError.

    Drafts in `data/faq` never go live this way: other code is given the content that was live. Only the first release
    takes what was installed.
    """
    live = releases.live()
    if live is not None and live.about.engine == engine(root) and is_whole(live.model):
        return live
    with tempfile.TemporaryDirectory(prefix="release-") as name:
        if live is None:
            content, model, reason = root, ensure_model(root), "first release"
        else:
            content, reason = Path(name) / "content", "the assistant itself was changed"
            if live.about.engine == engine(root):
                reason = "the model was damaged and has been trained again"
            _with_other_code(live, root, content)
            model = train(content, log=releases.var / "log" / "train.log")
        about = About(BY, reason, utc_text(), engine(root), content_digest(content))
        release = releases.add(content, model, about)
    releases.go_live(release.number, BY, reason)
    return release


def _with_other_code(live: Release, root: Path, content: Path) -> None:
    """What is installed, with the live FAQs, topics, document, and phrasings of what isn't answered."""
    copy_content(root, content)
    for folder in ("faq", "document"):
        shutil.rmtree(content / "data" / folder)
        shutil.copytree(live.content / "data" / folder, content / "data" / folder)
    for name in CHANGED_BY_STAFF:
        if (live.content / name).exists():
            shutil.copy2(live.content / name, content / name)
    _list_topics(content / "domain.yml", drafted=topics_in(root), released=topics_in(live.content))


def _list_topics(domain: Path, *, drafted: set[str], released: set[str]) -> None:
    """In a domain.yml that lists those of the drafts, laid out as the writer of the FAQs keeps it."""
    unreleased = {f"  - {topic}\n" for topic in drafted - released}
    lines = domain.read_text(encoding="utf-8").splitlines(keepends=True)
    missing = [f"  - {topic}\n" for topic in sorted(released - drafted) if f"  - {topic}\n" not in lines]
    text = "".join(line for line in lines if line not in unreleased)
    domain.write_text(text.replace("intents:\n", "intents:\n" + "".join(missing), 1), encoding="utf-8")
