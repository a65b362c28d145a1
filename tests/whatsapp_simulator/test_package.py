"""Who may import whom: see the package's docstring."""

import ast
from pathlib import Path

from clinicbot import paths, whatsapp_simulator

PACKAGE = Path(whatsapp_simulator.__file__).parent
ALLOWED = {"clinicbot.settings"}


def imported(path: Path) -> set[str]:
    """Modules of ours that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return {name for name in found if name.startswith("clinicbot.")}


def test_the_product_does_not_import_the_simulator() -> None:
    files = [path for path in (paths.ROOT / "clinicbot").rglob("*.py") if PACKAGE not in path.parents]
    assert len(files) > 20
    assert [path.name for path in files if any("whatsapp_simulator" in name for name in imported(path))] == []


def test_the_simulator_imports_settings_only() -> None:
    for path in PACKAGE.glob("*.py"):
        outside = {name for name in imported(path) if not name.startswith("clinicbot.whatsapp_simulator")}
        assert all(name.startswith(tuple(ALLOWED)) for name in outside), (path.name, outside)


def test_files_are_short() -> None:
    long = {path.name for path in PACKAGE.rglob("*.*") if len(path.read_bytes().splitlines()) >= 300}
    assert {name for name in long if not name.endswith(".pyc")} == set()
