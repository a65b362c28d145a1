import pytest

from clinicbot.csv_cells import as_typed, harmless


@pytest.mark.parametrize(
    "text", ["=1+1", "+44", "-5", "@SUM", "\tx", "\rx", " =1", "'=1", "'' -1", "＝1", "＋1", "－1", "＠a"]
)
def test_what_a_spreadsheet_takes_for_a_formula_is_guarded_and_reads_back(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert as_typed(harmless(text)) == text


@pytest.mark.parametrize("text", ["", "4 to 6 months", "it's", "'tis", "1-2", "a=b", "' "])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text
    assert as_typed(text) == text
