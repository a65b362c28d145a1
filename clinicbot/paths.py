"""Where things are in a checkout. Everything that is written at run time goes under `var/` or `models/`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
FAQ = DATA / "faq"
DIALOGUE = DATA / "dialogue"
DOCUMENT = DATA / "document" / "apex-clinic-botox.md"
CLINIC = DATA / "clinic.yml"
TEXTS = DATA / "texts"
SAFETY = DATA / "safety"
MODELS = ROOT / "models"
VAR = ROOT / "var"
WIDGET = ROOT / "widget" / "dist" / "widget.js"
WIDGET_STRINGS = ROOT / "widget" / "dist" / "strings"


def document_in(root: Path) -> Path:
    """The clinic's document in a checkout, or in a release's content, which is laid out like one."""
    return root / "data" / "document" / DOCUMENT.name
