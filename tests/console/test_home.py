"""The first page."""

from clinicbot.store.people import Role
from tests.console.conftest import ClientOf


def test_home_greets_and_says_what_to_do_first(client_of: ClientOf) -> None:
    response = client_of(Role.EDITOR, name="Ayşe Kaya").get("/staff")
    assert response.status_code == 200
    assert "Ayşe Kaya" in response.text
    assert "Open “FAQs”" in response.text


def test_home_is_in_the_persons_language(client_of: ClientOf) -> None:
    response = client_of(Role.EDITOR, language="tr").get("/staff")
    assert '<html lang="tr">' in response.text
    assert "Merhaba" in response.text
