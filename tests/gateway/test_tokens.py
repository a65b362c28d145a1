import stat
from pathlib import Path

from clinicbot.gateway.tokens import Tokens, signing_key
from clinicbot.settings import Settings


def test_a_token_is_its_session() -> None:
    tokens = Tokens("key", 60)
    assert tokens.session_id(tokens.issue("abc")) == "abc"


def test_what_another_signed_what_was_changed_and_what_is_no_token() -> None:
    tokens = Tokens("key", 60)
    token = tokens.issue("abc")
    for forged in (Tokens("other", 60).issue("abc"), token[:-1], token + "x", "", ".", "abc"):
        assert tokens.session_id(forged) is None


def test_an_old_token() -> None:
    token = Tokens("key", 60).issue("abc")
    assert Tokens("key", -1).session_id(token) is None


def test_the_key_is_made_once_and_is_for_this_user_only(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "new")
    key = signing_key(settings)
    assert len(key) >= 48
    assert signing_key(settings) == key
    assert signing_key(Settings(var=tmp_path / "other")) != key
    (path,) = (tmp_path / "new").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_configured_key_is_used_and_not_written(tmp_path: Path) -> None:
    assert signing_key(Settings(var=tmp_path, secret="configured")) == "configured"
    assert list(tmp_path.iterdir()) == []
