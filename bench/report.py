"""The comparison as one Markdown table: our figure, stock's, the ratio, and the aim where there is one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.evaluate import Outcome, by_file, rate
from bench.load import Contender, percentile
from bench.tables import table
from bench.training import Training
from clinicbot.texts import DEFAULT_LANGUAGE

Row = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Contest:
    """All that was measured of one bot."""

    speed: Contender
    training: Training
    outcomes: list[Outcome]


def comparison_table(ours: Contest, stock: Contest) -> str:
    rows = [*_right_answers(ours, stock), *_speed(ours, stock), *_footprint(ours, stock)]
    return table(["", "this assistant", "stock Rasa", "ratio", "aim"], rows)


def _right_answers(ours: Contest, stock: Contest) -> list[Row]:
    ours_files, stock_files = by_file(ours.outcomes), by_file(stock.outcomes)
    ours_english, stock_english = _english(ours.outcomes), _english(stock.outcomes)
    rows = [
        _points(f"right answers, all {len(ours.outcomes)} test lines, %", ours.outcomes, stock.outcomes, "≥ +25"),
        _points(f"right answers, {len(ours_english)} English lines, %", ours_english, stock_english, "≥ +25"),
    ]
    for file, outcomes in ours_files.items():
        rows.append(_points(f"– {file.replace('_', ' ')} ({len(outcomes)})", outcomes, stock_files[file]))
    return rows


def _english(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The stock project has English answers only."""
    return [outcome for outcome in outcomes if outcome.question.language == DEFAULT_LANGUAGE]


def _points(label: str, ours: Sequence[Outcome], stock: Sequence[Outcome], aim: str = "") -> Row:
    difference = rate(ours) - rate(stock)
    return (label, f"{rate(ours):.1f}", f"{rate(stock):.1f}", f"{difference:+.1f} points", aim)


def _speed(ours: Contest, stock: Contest) -> list[Row]:
    rows = []
    ours_alone, stock_alone = ours.speed.alone, stock.speed.alone
    ours_crowd, stock_crowd = ours.speed.crowd, stock.speed.crowd
    for share, aim in ((50, "≤ 30, ratio ≤ 1.00"), (95, "")):
        label = f"ms a message, 1 patient, p{share}"
        rows.append(_share(label, ours_alone.milliseconds, stock_alone.milliseconds, share, aim))
    for share in (50, 95):
        label = f"CPU ms a message, 1 patient, p{share}"
        rows.append(_share(label, ours_alone.cpu_milliseconds, stock_alone.cpu_milliseconds, share))
    for share in (50, 95):
        rows.append(
            _share(f"ms a message, 8 patients, p{share}", ours_crowd.milliseconds, stock_crowd.milliseconds, share)
        )
    rows += _parts("CPU ms a message, 8 patients, mean", ours_crowd.cpu_milliseconds, stock_crowd.cpu_milliseconds)
    rows.append(_row("messages/s, 8 patients", ours_crowd.messages_per_second, stock_crowd.messages_per_second))
    return rows


def _share(label: str, ours: Sequence[float], stock: Sequence[float], share: int, aim: str = "") -> Row:
    return _row(label, percentile(ours, share), percentile(stock, share), aim)


def _footprint(ours: Contest, stock: Contest) -> list[Row]:
    return [
        _row("start to first answer, s", ours.speed.server.start_seconds, stock.speed.server.start_seconds),
        *_parts("memory, MB", ours.speed.server.memory_mb(), stock.speed.server.memory_mb()),
        _row("training, s", ours.training.wall_seconds, stock.training.wall_seconds, "ratio ≤ 0.50"),
        _row("training, CPU s", ours.training.cpu_seconds, stock.training.cpu_seconds),
    ]


def _parts(label: str, ours: Mapping[str, float], stock: Mapping[str, float]) -> list[Row]:
    """The sum, and each part under it; stock is Rasa alone."""
    rows = [_row(label, sum(ours.values()), sum(stock.values()))]
    for part, value in ours.items():
        if part in stock:
            rows.append(_row(f"– {part}", value, stock[part]))
        else:
            rows.append((f"– {part}", _figure(value), "", "", ""))
    return rows


def _row(label: str, ours: float, stock: float, aim: str = "") -> Row:
    return (label, _figure(ours), _figure(stock), f"{ours / stock:.2f}", aim)


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
