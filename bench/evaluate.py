"""Right answers on the test sets, through the whole stack: `make evaluate`, or

    python -m bench.evaluate [--url http://127.0.0.1:8000] [--only NAME …] [--development] [--wrong FILE] [--write]

Starts its own assistant on free ports (trained first if the content has no current model) unless --url names a running
one. Each line of tests/nlu is asked in a session of its own, each judged turn of tests/conversations after the turns
before it; sessions are erased afterwards from a running one. What counts as right: bench/judge.py. Prints the rates by
set and language and by set and style, with their change since the committed ones in docs/quality.md, where --write
puts them. --only takes parts of test files' names; --wrong writes the wrong ones as tab-separated lines (file,
language, expected, question, kinds, answer).
"""

import argparse
import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import aiohttp

from bench.clients import Bot, BotError, OurBot
from bench.judge import DEVELOPMENT, BotAnswer, Judge, Question, read_conversations, read_questions
from bench.processes import ServerError, our_server
from bench.tables import table, write_between
from clinicbot import paths

CONNECTIONS = 4
QUALITY_PAGE = paths.ROOT / "docs" / "quality.md"
# by set; what isn't named has none
GOALS = {
    "emergencies": "100",
    "handover": "≥ 98",
    "general_side_effects": "emergency text ≤ 3",
    "not_in_document": "≥ 97",
    "out_of_scope": "≥ 97",
    "questions": "≥ 90",
    "several_questions": "≥ 90",
    "one_question": "≥ 98",
    "follow_ups": "≥ 85",
}
ENGLISH_QUESTIONS = "≥ 95"


@dataclass(frozen=True)
class Outcome:
    question: Question
    answer: BotAnswer
    right: bool


async def ask_all(
    bot: Bot, questions: Sequence[Question], judge: Judge, *, progress: str = "", erase: bool = False
) -> list[Outcome]:
    """Each question in a conversation of its own, a few at a time; outcomes in the questions' order."""
    outcomes: dict[int, Outcome] = {}
    waiting = iter(enumerate(questions))

    async def work() -> None:
        for at, question in waiting:
            conversation = await bot.converse()
            for before in question.earlier:
                await conversation.say(before)
            answer = await conversation.say(question.text)
            if erase:
                await conversation.end()
            outcomes[at] = Outcome(question, answer, judge.is_right(question, answer))
            if progress and len(outcomes) % 50 == 0:
                print(f"\r{progress}: {len(outcomes)} of {len(questions)}", end="", file=sys.stderr, flush=True)

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    if progress:
        print(file=sys.stderr)
    return [outcomes[at] for at in range(len(questions))]


def goal_of(name: str, language: str) -> str:
    return ENGLISH_QUESTIONS if (name, language) == ("questions", "en") else GOALS.get(name, "")


def rate(outcomes: Sequence[Outcome]) -> float:
    """Per cent right."""
    return 100 * sum(outcome.right for outcome in outcomes) / len(outcomes)


def by_file(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    return {file: list(group) for file, group in groupby(outcomes, key=lambda outcome: outcome.question.file)}


def grouped(
    outcomes: Sequence[Outcome], key: Callable[[Question], tuple[str, str]]
) -> dict[tuple[str, str], list[Outcome]]:
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(key(outcome.question), []).append(outcome)
    return dict(sorted(groups.items()))


def result_tables(outcomes: Sequence[Outcome], committed: str) -> str:
    """By set and language, and by set and style; `committed` is the page with the rates to compare with."""
    by_language = grouped(outcomes, lambda question: (question.set, question.language))
    by_style = grouped(outcomes, lambda question: (question.set, question.style))
    styled = {name for name, style in by_style if style != "plain"}
    languages = _table("language", by_language, committed, goals=True)
    styles = _table("style", {key: group for key, group in by_style.items() if key[0] in styled}, committed)
    return f"{languages}\n\n{styles}"


def _table(second: str, groups: dict[tuple[str, str], list[Outcome]], committed: str, *, goals: bool = False) -> str:
    header = ["test set", second, "lines", "right", "%", "change", *(["goal, %"] if goals else []), "kinds of reply"]
    rows = []
    everything = {("all", ""): [outcome for group in groups.values() for outcome in group]} if goals else {}
    for (name, value), group in (groups | everything).items():
        kinds = Counter(" + ".join(dict.fromkeys(outcome.answer.kinds)) or "silence" for outcome in group)
        before = re.search(
            rf"^\| {re.escape(name)} *\| +{re.escape(value)} *\|[^|]+\|[^|]+\| +([\d.]+) \|", committed, re.M
        )
        change = f"{rate(group) - float(before[1]):+.1f}" if before else "new"
        right = sum(outcome.right for outcome in group)
        shown = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()) if name != "all" else ""
        goal = [goal_of(name, value)] if goals else []
        rows.append([name, value, str(len(group)), str(right), f"{rate(group):.1f}", change, *goal, shown])
    return table(header, rows)


def write_wrong(path: Path, outcomes: Sequence[Outcome]) -> None:
    lines = [
        "\t".join(
            [
                o.question.file,
                o.question.language,
                o.question.gold,
                " ‖ ".join(" ".join(text.split()) for text in (*o.question.earlier, o.question.text)),
                "+".join(o.answer.kinds),
                " ".join(o.answer.text.split()),
            ]
        )
        for o in outcomes
        if not o.right
    ]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


async def evaluate(url: str, questions: Sequence[Question], *, erase: bool) -> list[Outcome]:
    async with aiohttp.ClientSession() as http:
        return await ask_all(OurBot(http, url), questions, Judge(), progress="asked", erase=erase)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.evaluate", description="Right answers on the test sets.")
    parser.add_argument("--url", help="a running assistant's address; default: start one of our own")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="parts of the test files' names")
    parser.add_argument("--wrong", type=Path, metavar="FILE", help="write the wrong ones here, tab-separated")
    parser.add_argument("--development", action="store_true", help="ask bench/conversations instead of the test sets")
    parser.add_argument("--write", action="store_true", help="put the table into docs/quality.md")
    options = parser.parse_args()
    questions = (
        read_conversations(options.only, DEVELOPMENT)
        if options.development
        else read_questions(options.only) + read_conversations(options.only)
    )
    if not questions:
        parser.error("no test file has such a name")
    if options.write and (options.only or options.development):
        parser.error("--write takes the whole evaluation, without --only and --development")
    with ExitStack() as stack:
        url = options.url or stack.enter_context(our_server()).url
        began = time.monotonic()
        outcomes = asyncio.run(evaluate(url, questions, erase=bool(options.url)))
        seconds = time.monotonic() - began
    text = result_tables(outcomes, QUALITY_PAGE.read_text(encoding="utf-8"))
    print(f"{text}\n\n{len(questions)} lines in {seconds:.0f} s")
    if options.wrong:
        write_wrong(options.wrong, outcomes)
    if options.write:
        write_between(QUALITY_PAGE, "evaluate", text)


if __name__ == "__main__":
    try:
        main()
    except (ServerError, BotError, aiohttp.ClientError) as error:
        sys.exit(f"{error}")
