"""The rows of the overview's tables: a name in the person's language, the number, and the one of the period before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clinicbot.console.texts import Words
from clinicbot.reply import Kind
from clinicbot.store.figures import BUCKETS_MS, FaqUsage
from clinicbot.store.overview import Figures

TOP = 10


@dataclass(frozen=True)
class Row:
    """`share` is of the whole period's, from 0 to 1; `id` is what the figure is of: a language's code, an FAQ …"""

    id: str
    name: str
    count: int
    before: int
    share: float = 0.0
    share_before: float = 0.0
    usage: FaqUsage = FaqUsage()


@dataclass(frozen=True)
class Overview:
    """What the page and the CSV show."""

    now: Figures
    before: Figures
    kinds: tuple[Row, ...]
    faqs: tuple[Row, ...]
    unanswered: tuple[Row, ...]
    languages: tuple[Row, ...]
    channels: tuple[Row, ...]
    thumbs: tuple[Row, ...]
    durations: tuple[Row, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.now.total or self.before.total)

    @property
    def sections(self) -> dict[str, tuple[Row, ...]]:
        names = ("kinds", "faqs", "unanswered", "languages", "channels", "thumbs", "durations")
        return {name: getattr(self, name) for name in names}


def overview_of(now: Figures, before: Figures, titles: Mapping[str, str], words: Words) -> Overview:
    def label(key: str) -> str:
        return titles.get(key) or _known(words, f"overview.label_{key or 'silence'}", key)

    times = _rows(_times(now), _times(before), lambda ms: duration(int(ms), words))
    return Overview(
        now=now,
        before=before,
        kinds=_rows(_kinds(now), _kinds(before), lambda kind: words(f"overview.kind_{kind}")),
        faqs=_faqs(now, before, label),
        unanswered=_rows(now.unanswered, before.unanswered, label),
        languages=_rows(now.languages, before.languages, lambda code: _known(words, f"overview.language_{code}", code)),
        channels=_rows(now.channels, before.channels, lambda name: _known(words, f"overview.channel_{name}", name)),
        thumbs=_rows(_thumbs(now), _thumbs(before), lambda name: words(f"overview.{name}")),
        durations=tuple(sorted(times, key=lambda row: int(row.id))),
    )


def duration(milliseconds: int, words: Words) -> str:
    """`up to 250 ms`, as the buckets tell; the last one holds everything longer."""
    if milliseconds == BUCKETS_MS[-1]:
        return words("overview.longer_than", seconds=BUCKETS_MS[-2] // 1_000)
    if milliseconds < 1_000:
        return words("overview.up_to_ms", milliseconds=milliseconds)
    seconds = f"{milliseconds / 1_000:g}"
    return words("overview.up_to_s", seconds=seconds.replace(".", words("overview.decimal_mark")))


def _kinds(figures: Figures) -> dict[str, int]:
    return {kind.value: figures.kinds.get(kind.value, 0) for kind in Kind}


def _thumbs(figures: Figures) -> dict[str, int]:
    return {"helpful": figures.thumbs.helpful, "unhelpful": figures.thumbs.unhelpful}


def _times(figures: Figures) -> dict[str, int]:
    """Every bucket up to the longest that was needed: a gap between two is a figure, too."""
    longest = max(figures.durations, default=0)
    return {str(up_to): figures.durations.get(up_to, 0) for up_to in BUCKETS_MS if up_to <= longest}


def _rows(now: Mapping[str, int], before: Mapping[str, int], name: Callable[[str], str]) -> tuple[Row, ...]:
    """In the order of this period; what was there before only comes last."""
    all_now, all_before = sum(now.values()), sum(before.values())
    keys = dict.fromkeys([*now, *before])
    return tuple(
        Row(
            id=key,
            name=name(key),
            count=now.get(key, 0),
            before=before.get(key, 0),
            share=_share(now.get(key, 0), all_now),
            share_before=_share(before.get(key, 0), all_before),
        )
        for key in keys
    )


def _faqs(now: Figures, before: Figures, name: Callable[[str], str]) -> tuple[Row, ...]:
    """Shares are of all messages: an FAQ is one of many things that are asked."""
    nothing = FaqUsage()
    return tuple(
        Row(
            id=faq,
            name=name(faq),
            count=usage.asked,
            before=before.faqs.get(faq, nothing).asked,
            share=_share(usage.asked, now.total),
            share_before=_share(before.faqs.get(faq, nothing).asked, before.total),
            usage=usage,
        )
        for faq, usage in now.faqs.items()
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _known(words: Words, key: str, otherwise: str) -> str:
    text = words.known(key)
    return otherwise.replace("_", " ") if text == key else text
