"""This assistant beside a stock Rasa 3.6 project with the same FAQs: `make bench`, or

    python -m bench.compare [--phrasings N] [--reuse-models] [--messages 320] [--lines N] [--write]

Trains both without Rasa's cache, starts both on free ports, asks both in turn, prints one table. Both are trained on
the same phrasings: at most ten an intent, because stock's DIET takes hours for all of them on two cores; --phrasings
gives another number, 0 is all. --reuse-models takes models that an earlier run trained from the same content, with the
times measured then. --lines judges so many of the test lines, drawn with a fixed seed; --write puts the table into
README.md.
"""

import argparse
import asyncio
import os
import platform
import random
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import version

import aiohttp

from bench.clients import BotError, OurBot, StockBot
from bench.evaluate import Outcome, ask_all
from bench.judge import Judge, Question, read_questions
from bench.load import Contender, measure_alone, measure_crowd, warm_up
from bench.processes import FOLDER, ServerError, our_server, stock_server
from bench.projects import copy_checkout
from bench.report import Contest, comparison_table
from bench.stock_project import write_stock_project
from bench.tables import write_between
from bench.training import TrainError, train_ours, train_stock
from clinicbot import paths

SEED = 20240229
BLOCK = 40
PHRASINGS = 10
README = paths.ROOT / "README.md"


def draw_texts(questions: Sequence[Question], count: int) -> list[str]:
    """Messages for the speed tests: no reported emergencies, which the gateway answers fast, without asking Rasa."""
    texts = [question.text for question in questions if question.gold != "report_red"]
    return random.Random(SEED).choices(texts, k=count)


def draw_lines(questions: Sequence[Question], count: int | None) -> list[Question]:
    """All, or so many of them in their own order."""
    if count is None or count >= len(questions):
        return list(questions)
    chosen = random.Random(SEED).sample(range(len(questions)), count)
    return [questions[at] for at in sorted(chosen)]


async def judge_both(
    contenders: Sequence[Contender], questions: Sequence[Question], judge: Judge
) -> list[list[Outcome]]:
    """Blocks of lines to each bot in turn, each line in a conversation of its own."""
    outcomes: list[list[Outcome]] = [[] for _ in contenders]
    for start in range(0, len(questions), BLOCK):
        for contender, found in zip(contenders, outcomes, strict=True):
            found += await ask_all(contender.bot, questions[start : start + BLOCK], judge)
        _say(f"\r  {min(start + BLOCK, len(questions))} of {len(questions)} lines", end="")
    _say("")
    return outcomes


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


def _about(load_before: float, options: argparse.Namespace) -> str:
    phrasings = f"at most {options.phrasings}" if options.phrasings else "all"
    versions = f"Rasa {version('rasa')}, Python {platform.python_version()}, {os.cpu_count()} cores"
    load = f"load {load_before:.1f} before and {os.getloadavg()[0]:.1f} after"
    return (
        f"Both trained on the same phrasings, {phrasings} an intent. {versions}, {load}. {options.messages} messages "
        "at each number of patients, without reported emergencies, which the gateway answers fast, without Rasa. "
        "Milliseconds by the client's clock; memory is the proportional set size."
    )


async def contest(contenders: list[Contender], options: argparse.Namespace) -> list[list[Outcome]]:
    questions = read_questions()
    texts = draw_texts(questions, options.messages)
    await warm_up(contenders, texts)
    _say("One patient …")
    await measure_alone(contenders, texts)
    _say("Eight patients …")
    await measure_crowd(contenders, texts)
    _say("Right answers …")
    return await judge_both(contenders, draw_lines(questions, options.lines), Judge())


async def run(stack: ExitStack, options: argparse.Namespace) -> str:
    load_before = os.getloadavg()[0]
    limit = options.phrasings or None
    ours_project, stock_project = FOLDER / "ours" / "project", FOLDER / "stock" / "project"
    copy_checkout(ours_project, limit)
    write_stock_project(stock_project, limit)
    _say("Training this assistant …")
    ours_trained = train_ours(ours_project, reuse=options.reuse_models)
    _say(
        f"  {ours_trained.wall_seconds:.0f} s\nTraining the stock project (DIET, 100 epochs; see var/bench/stock/log) …"
    )
    stock_trained = train_stock(stock_project, reuse=options.reuse_models)
    _say(f"  {stock_trained.wall_seconds:.0f} s\nStarting both …")
    ours_server = stack.enter_context(our_server(ours_project))
    stock = stack.enter_context(stock_server(stock_project, stock_trained.model))
    async with aiohttp.ClientSession() as http:
        ours_side = Contender(OurBot(http, ours_server.url), ours_server)
        stock_side = Contender(StockBot(http, stock.url, Judge()), stock)
        outcomes = await contest([ours_side, stock_side], options)
    table = comparison_table(
        Contest(ours_side, ours_trained, outcomes[0]), Contest(stock_side, stock_trained, outcomes[1])
    )
    return f"{table}\n\n{_about(load_before, options)}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.compare", description="This assistant beside stock Rasa.")
    parser.add_argument("--reuse-models", action="store_true", help="don't train where the content has a model")
    parser.add_argument(
        "--phrasings", type=int, default=PHRASINGS, metavar="N", help="of an intent to train on, at most; 0: all"
    )
    parser.add_argument("--messages", type=int, default=320, help="messages of each speed test")
    parser.add_argument("--lines", type=int, metavar="N", help="judge only so many test lines")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    if options.write and options.lines:
        parser.error("--write takes the whole comparison, without --lines")
    with ExitStack() as stack:
        text = asyncio.run(run(stack, options))
    print(text)
    if options.write:
        write_between(README, "bench", text)


if __name__ == "__main__":
    try:
        main()
    except (ServerError, TrainError, BotError, aiohttp.ClientError) as error:
        sys.exit(f"{error}")
