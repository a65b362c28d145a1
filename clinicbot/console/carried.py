"""What somebody had typed into a form that could not be taken, because the session had ended meanwhile."""

import json
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request

LONGEST = 1_000_000  # characters


@dataclass(frozen=True)
class Carried:
    """The form's address and fields; without passwords and without files, which a browser doesn't give back."""

    action: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, request: Request, form: FormData) -> "Carried | None":
        """None where there is nothing that could be sent once more."""
        if any(not isinstance(value, str) for _name, value in form.multi_items()):
            return None
        fields = tuple((name, str(value)) for name, value in form.multi_items() if _is_kept(name))
        length = sum(len(value) for _name, value in fields)
        query = f"?{request.url.query}" if request.url.query else ""
        return cls(request.url.path + query, fields) if fields and length <= LONGEST else None

    def to_json(self) -> str:
        return json.dumps([self.action, self.fields], ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Carried | None":
        try:
            action, fields = json.loads(text)
            carried = cls(safe_path(action), tuple((str(name), str(value)) for name, value in fields))
        except (TypeError, ValueError):
            return None
        return carried if carried.action else None


def safe_path(path: object) -> str:
    """A path of the console, else an empty text: nobody is sent anywhere else."""
    text = path if isinstance(path, str) else ""
    ours = text == "/staff" or text.startswith(("/staff/", "/staff?"))
    return text if ours and text.isprintable() and "\\" not in text else ""


def _is_kept(name: str) -> bool:
    return name != "csrf" and "password" not in name and name != "code"
