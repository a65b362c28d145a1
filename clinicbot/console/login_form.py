"""The form of a login: also shown where a session has ended while somebody was typing."""

from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length

LONGEST_TYPED = 1_000  # characters; a longer password is none of ours and costs no time


class LoginForm(Form):
    username = StringField("login.username", [InputRequired("common.required"), Length(max=100)])
    password = PasswordField("login.password", [InputRequired("common.required"), Length(max=LONGEST_TYPED)])
    code = StringField("login.code", description="login.code_help", validators=[Length(max=20)])
