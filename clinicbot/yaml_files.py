"""Reading YAML the way every part does: UTF-8, safe loader, a clear error with file and line."""

from pathlib import Path
from typing import Any

import yaml


class ContentError(Exception):
    """A content file that can't be used. The message says which, where, and what to do."""


def read_yaml(path: Path) -> Any:
    """Return the parsed file. Raises ContentError if it is missing, not UTF-8 or not YAML."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ContentError(f"{path}: the file is missing; restore it from the repository") from error
    except UnicodeDecodeError as error:
        raise ContentError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except yaml.YAMLError as error:
        raise ContentError(f"{path}: not valid YAML: {error}") from error


def parse_yaml(text: str) -> Any:
    """What a YAML text holds. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_LOADER)


# libyaml's parser is ten times faster where it was compiled in
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
