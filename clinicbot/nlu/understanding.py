"""What a message means in its conversation: one thing or several, each alone or going on from what was said before.

A conversation is understood by reading its messages one after the other, so nothing has to be kept beside the messages
themselves: the same messages always mean the same, after a restart and with a new model too (docs/decisions/0006).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from clinicbot.nlu.connectives import Connectives, load_connectives, words_of
from clinicbot.nlu.follow_up import Shape, Topic, read_behind, shape_of
from clinicbot.nlu.meaning import DECLINED, NOT_UNDERSTOOD, Acts, Earlier, Part, State, Understanding
from clinicbot.nlu.question_model import Prediction, QuestionModel
from clinicbot.nlu.splitting import Splitter, find_cuts
from clinicbot.transliteration import cyrillic_from_latin

DIRECT = "faq:"
# How what stands behind other buttons begins, and its class.
DIRECT_ACTS = {"callback:": "request_callback"}
SUGGESTED = 3
# Longer ago a message goes on only if it says so, and after the second time it is a conversation of its own.
FRESH_SECONDS = 10 * 60
FORGOTTEN_SECONDS = 60 * 60
# A part of several may be less sure than a message of its own: the others say what the message is about.
PART_MARGIN = -0.35
# A question that no class comes nearer to than this is one that nobody foresaw.
UNKNOWN_MARGIN = -0.5
# A question beside something urgent begins like one and is surely one.
BESIDE_URGENT_MARGIN = 0.1
QUESTION_BEGINS = 4
REMEMBERED = 4096
# Typed in Latin letters it is read in its own ones.
ROMANISED_IN = "ru"


class Understander:
    """Reads messages with a model.

    `titles` hold a text by language for each FAQ; `negatives` are the classes that aren't answered; `urgent` those that
    go before a likelier one from this margin on. `threshold` is the least confidence of an answer: by default the
    model's, and none for a model without any of the `negatives`.
    """

    def __init__(
        self,
        model: QuestionModel,
        *,
        titles: Mapping[str, Mapping[str, str]],
        negatives: Collection[str] = (),
        urgent: Mapping[str, float] | None = None,
        acts: Acts | None = None,
        threshold: float | None = None,
    ) -> None:
        self._model = model
        self._titles = titles
        self._negatives = frozenset(negatives)
        self._urgent = dict(urgent or {})
        self._acts = acts or Acts()
        # where nothing shows what isn't to be answered, every message is about something that is
        own = model.threshold if self._negatives & set(model.labels) else 0.0
        self._threshold = own if threshold is None else threshold
        self._passing = self._acts.asides | {NOT_UNDERSTOOD, DECLINED}
        self._splitter = Splitter(self._negatives, self._acts.asides) if self._has_faqs() else None
        self._turn = lru_cache(maxsize=REMEMBERED)(self._read_turn)

    @property
    def threshold(self) -> float:
        """The least confidence of an answer."""
        return self._threshold

    def _has_faqs(self) -> bool:
        return any("/" in label for label in self._model.labels)

    def understand(
        self, text: str, language: str, earlier: Sequence[Earlier] = (), *, urgent: bool = False
    ) -> Understanding:
        """A message after `earlier` ones, oldest first; `urgent` where it is known to be that by other means."""
        if urgent and self._urgent:
            return self._urgent_and_more(text, language, next(iter(self._urgent)))
        state = State()
        for number, message in enumerate(earlier):
            if message.seconds_ago > FORGOTTEN_SECONDS:
                continue
            if message.urgent:
                label = next(iter(self._urgent), NOT_UNDERSTOOD)
                state = replace(state, labels=(label,), offered=(), topic=Topic(label, message.text, state.topic))
                continue
            gap = message.seconds_ago - earlier[number + 1].seconds_ago if number + 1 < len(earlier) else 0.0
            _, state = self._turn(message.text, message.language, state, gap <= FRESH_SECONDS)
        fresh = not earlier or earlier[-1].seconds_ago <= FRESH_SECONDS
        return self._turn(text, language, state, fresh)[0]

    def _read_turn(self, text: str, language: str, state: State, fresh: bool) -> tuple[Understanding, State]:
        text = self._in_own_letters(text, language)
        understanding = self._refers_to_last(text, state) or self._read(text, language, state, fresh)
        labels = tuple(part.label for part in understanding.parts)
        topic = state.topic
        for part in understanding.parts:
            if part.label not in self._passing:
                topic = Topic(part.label, self._stands_for(part, language), topic and replace(topic, earlier=None))
        said = labels if not set(labels) <= {self._acts.repeat} else state.labels
        return understanding, State(topic, said, understanding.offered, state.heard | set(labels))

    def _stands_for(self, part: Part, language: str) -> str:
        titles = self._titles.get(part.label, {})
        return titles.get(language) or next(iter(titles.values()), part.text)

    def _refers_to_last(self, text: str, state: State) -> Understanding | None:
        """A pressed or numbered suggestion, "yes", "no", "what did you say": what it means is in the turn before."""
        pressed = text.removeprefix(DIRECT)
        if text.startswith(DIRECT) and "/" in pressed and pressed in self._model.labels:
            return self._certainly(text, [pressed])
        if (act := _act_of(text)) in self._model.labels:
            return self._certainly(text, [act])
        words = words_of(text)
        if len(words) == 1 and words[0].isdigit() and 1 <= int(words[0]) <= len(state.offered):
            return self._certainly(text, [state.offered[int(words[0]) - 1]])
        best = self._model.predict(text)
        if best.confidence < self._threshold:
            return None
        if best.best == self._acts.repeat and state.labels:
            offered = state.offered if NOT_UNDERSTOOD in state.labels or DECLINED in state.labels else ()
            return Understanding(self._certainly(text, state.labels).parts, offered)
        if state.offered and best.best == self._acts.accept:
            return self._certainly(text, [state.offered[0]])
        if state.offered and best.best == self._acts.decline and len(words) <= 2:
            return Understanding((Part(text, DECLINED, best),))
        return None

    def _certainly(self, text: str, labels: Sequence[str]) -> Understanding:
        return Understanding(tuple(Part(text, label, Prediction([(label, 1.0, 1.0)], 1.0)) for label in labels))

    def _read(self, text: str, language: str, state: State, fresh: bool) -> Understanding:
        connectives = load_connectives(language)
        pieces = [(text, self._model.predict(text))]
        if (label := self._decided(pieces[0][1])) in self._urgent:
            return self._urgent_and_more(text, language, label)
        if self._splitter:
            pieces = self._splitter.split(text, connectives, self._model.read)
        parts: list[Part] = []
        topic, beside = state.topic, len(pieces) > 1
        for piece, alone in pieces:
            shape = shape_of(piece, connectives)
            prediction = self._in_context(piece, shape, alone, topic, fresh or bool(parts))
            label = self._decided(prediction, part=beside)
            parts.append(Part(piece, label, prediction))
            if label not in self._passing:
                topic = Topic(label, self._stands_for(parts[-1], language))
                parts += self._not_understood_beside(piece, connectives)
        return self._settled(self._ordered(parts), state)

    def _urgent_and_more(self, text: str, language: str, label: str) -> Understanding:
        """What is urgent, and the questions of an urgent message that surely are some: not each word of a report."""
        text = self._in_own_letters(text, language)
        connectives = load_connectives(language)
        parts = [Part(text, label, self._model.predict(text))]
        pieces = self._splitter.split(text, connectives, self._model.read) if self._splitter else []
        for piece, prediction in pieces if len(pieces) > 1 else []:
            sure = "/" in prediction.best and prediction.margin >= BESIDE_URGENT_MARGIN
            opens = connectives.openers.in_first(words_of(piece), QUESTION_BEGINS)
            if sure and opens and self._decided(prediction) not in self._urgent:
                parts.append(Part(piece, prediction.best, prediction))
        return Understanding(tuple(parts))

    def _in_own_letters(self, text: str, language: str) -> str:
        pressed = text.startswith((DIRECT, *DIRECT_ACTS))
        romanised = language == ROMANISED_IN and text.isascii() and not pressed
        return cyrillic_from_latin(text) if romanised else text

    def _not_understood_beside(self, text: str, connectives: Connectives) -> list[Part]:
        """Questions of their own in an understood piece that mean nothing to the model, so that they are named."""
        ends = [cut for cut in find_cuts(text, connectives) if cut.kind == "sentence"]
        edges = [0, *(edge for cut in ends for edge in (cut.left, cut.right)), len(text)]
        sentences = [text[begin:end] for begin, end in zip(edges[::2], edges[1::2], strict=True)] if ends else []
        unknown = []
        for sentence, prediction in zip(sentences, self._model.read(sentences), strict=True):
            shape = shape_of(sentence, connectives)
            asks = shape.opens or sentence.rstrip().endswith(("?", "؟"))
            if (
                asks
                and not shape.leans
                and prediction.margin < UNKNOWN_MARGIN
                and self._decided(prediction) == NOT_UNDERSTOOD
            ):
                unknown.append(Part(sentence, NOT_UNDERSTOOD, prediction))
        return unknown if len(unknown) < len(sentences) else []

    def _in_context(self, text: str, shape: Shape, alone: Prediction, topic: Topic | None, fresh: bool) -> Prediction:
        """The message behind its topic where it leans on that, or says nothing alone."""
        label = self._decided(alone)
        if topic is None or label in self._urgent:
            return alone
        unclear = label in self._acts.clarify
        if label in self._acts.asides and not unclear:
            return alone
        if not shape.leans and not unclear and label != NOT_UNDERSTOOD:
            return alone
        if not fresh and not (shape.joined or shape.corrects or not shape.named):
            return alone
        not_meant = set(self._acts.asides)
        if shape.corrects:
            not_meant.add(topic.label)
            topic = topic.earlier or topic
        behind = read_behind(text, shape, alone, topic, self._model.read, not_meant=not_meant)
        if self._decided(behind) == NOT_UNDERSTOOD:
            return alone
        return behind

    def _decided(self, prediction: Prediction, *, part: bool = False) -> str:
        for label, margin in self._urgent.items():
            if prediction.margin_of(label) >= margin:
                return label
        sure = prediction.confidence >= self._threshold or (part and prediction.margin >= PART_MARGIN)
        return prediction.best if sure or prediction.best in self._negatives else NOT_UNDERSTOOD

    def _ordered(self, parts: Sequence[Part]) -> list[Part]:
        """Each thing once, what is urgent first, without the asides of a message that says more."""
        once = list(
            {part.label if part.label != NOT_UNDERSTOOD else part.text: part for part in reversed(parts)}.values()
        )
        once.reverse()
        count = [part for part in once if part.label not in self._acts.asides] or once[:1]
        understood = [part for part in count if part.label != NOT_UNDERSTOOD] or count[:1]
        kept = [part for part in count if part in understood or len(words_of(part.text)) > 1]
        return sorted(kept, key=lambda part: part.label not in self._urgent)

    def _settled(self, parts: list[Part], state: State) -> Understanding:
        """What to offer or to say instead, for a message that is only one thing."""
        part = parts[0]
        if len(parts) > 1:
            return Understanding(tuple(parts))
        if part.label in self._acts.clarify:
            options = tuple(self._acts.clarify[part.label])
            if options == state.offered:  # asked back already: the likeliest one it is
                return self._certainly(part.text, options[:1])
            return Understanding((part,), options)
        if part.label in self._acts.once and part.label in state.heard:
            return Understanding((replace(part, label=self._acts.once[part.label]),))
        if part.label == NOT_UNDERSTOOD:
            return Understanding((part,), self.nearest(part.prediction))
        return Understanding((part,))

    def nearest(self, prediction: Prediction) -> tuple[str, ...]:
        """The FAQs that a message which isn't understood comes nearest to."""
        return tuple(label for label, _, _ in prediction.ranking if "/" in label)[:SUGGESTED]


def _act_of(text: str) -> str:
    return next((act for beginning, act in DIRECT_ACTS.items() if text.startswith(beginning)), "")
