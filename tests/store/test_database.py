from pathlib import Path

import pytest
from sqlalchemy import insert, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from clinicbot.store.conversations import Conversations
from clinicbot.store.database import contacts, metadata, open_database, without_data
from tests.store.builders import NOON


def test_opening_makes_folder_and_tables_and_can_be_repeated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'folder' / 'test.db'}"
    open_database(url).dispose()
    engine = open_database(url)
    assert set(inspect(engine).get_table_names()) - {"sqlite_sequence"} == set(metadata.tables)
    engine.dispose()


def test_sqlite_is_opened_to_survive_a_power_cut_and_to_wait_for_others(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'test.db'}")
    with engine.connect() as connection:
        values = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_a_message_needs_a_session(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'test.db'}")
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(
            text("INSERT INTO messages (session_id, client_id, text, received_at, emergency) VALUES ('x','1','',0,0)")
        )
    assert Conversations(engine).unanswered() == []
    engine.dispose()


def test_what_is_logged_of_an_error_has_no_data(engine: Engine) -> None:
    values = {"channel": "whatsapp", "identity": "tel:447700900001", "language": "en", "written_at": NOON}
    with engine.begin() as connection:
        connection.execute(insert(contacts).values(**values))
    with pytest.raises(IntegrityError) as error, engine.begin() as connection:
        connection.execute(insert(contacts).values(**values))
    assert "447700900001" not in without_data(error.value)
    assert "IntegrityError" in without_data(error.value)
