"""Fields in which somebody says who they are: the same wherever they do."""

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from clinicbot.store.people import LANGUAGES


def username_field(help_key: str) -> StringField:
    return StringField("login.username", [InputRequired("common.required"), Length(max=100)], description=help_key)


def language_field() -> SelectField:
    return SelectField(
        "login.language",
        [InputRequired("common.required")],
        choices=[(code, f"common.language_{code}") for code in LANGUAGES],
    )
