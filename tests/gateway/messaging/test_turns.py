from datetime import datetime, timedelta

import pytest

from clinicbot.gateway.turns import LONGEST_PAUSE, MAX_CHARACTERS, MAX_MESSAGES, next_turn
from clinicbot.messages import Content
from clinicbot.store.inbox import Waiting

NOON = datetime(2026, 11, 28, 12)
PAUSE = 1.5


def waiting(text: str, seconds: float = 0, content: Content = Content.TEXT) -> Waiting:
    received_at = NOON + timedelta(seconds=seconds)
    return Waiting(int(seconds * 10), f"m{seconds}", content, content.value, text, None, None, received_at)


def turn(*rows: Waiting, now: float = 0) -> tuple[list[str], float]:
    coming = next_turn(rows, NOON + timedelta(seconds=now), PAUSE)
    return [row.text for row in coming.rows], coming.seconds


@pytest.mark.parametrize("text", ["is it safe?", "how long does it last", "thanks.", "هل هو مؤلم؟", "so “what?”"])
def test_after_what_looks_finished_the_pause_is_short(text: str) -> None:
    assert turn(waiting(text)) == ([text], PAUSE)
    assert turn(waiting(text), now=PAUSE) == ([text], 0)


@pytest.mark.parametrize("text", ["hi", "quick q", "", "i cant"])
def test_after_what_looks_like_a_beginning_it_is_longer(text: str) -> None:
    assert turn(waiting(text), now=PAUSE)[1] == PAUSE
    assert turn(waiting(text), now=2 * PAUSE)[1] == 0


def test_quick_messages_are_one_turn_each_a_paragraph() -> None:
    rows = (waiting("hi"), waiting("quick q", 1), waiting("can i shower after", 2))
    coming = next_turn(rows, NOON + timedelta(seconds=4), PAUSE)
    assert coming.seconds == 0
    assert coming.text == "hi\n\nquick q\n\ncan i shower after"


def test_the_wait_starts_again_with_each_message_but_not_for_ever() -> None:
    assert turn(waiting("hi"), waiting("i", 2), now=2)[1] == 2 * PAUSE
    rows = [waiting("hi", seconds) for seconds in (0, 2, 4, 5.5)]
    assert turn(*rows, now=LONGEST_PAUSE * PAUSE)[1] == 0


def test_a_button_is_a_turn_of_its_own_and_ends_the_one_before() -> None:
    button = waiting("Yes", 1, Content.BUTTON)
    assert turn(button, waiting("hi", 2)) == (["Yes"], 0)
    assert turn(waiting("hi"), button) == (["hi"], 0)


def test_too_many_messages_are_several_turns() -> None:
    texts = [f"message {number}" for number in range(MAX_MESSAGES + 1)]
    assert turn(*(waiting(text) for text in texts)) == (texts[:-1], 0)


def test_too_much_text_is_several_turns() -> None:
    half = "x" * (MAX_CHARACTERS // 2)
    assert turn(waiting(half), waiting(half, 1)) == ([half], 0)


def test_one_message_that_is_too_long_is_a_turn_that_says_so() -> None:
    text = "x" * (MAX_CHARACTERS + 1)
    coming = next_turn([waiting(text), waiting("hi", 1)], NOON, PAUSE)
    assert coming.is_too_long
    assert len(coming.rows) == 1


def test_a_photo_and_the_words_after_it_are_one_turn() -> None:
    photo = waiting("", 0, Content.UNREADABLE)
    coming = next_turn([photo, waiting("is this how it should look?", 1)], NOON + timedelta(seconds=3), PAUSE)
    assert coming.seconds == 0
    assert coming.text == "is this how it should look?"
    assert len(coming.rows) == 2
