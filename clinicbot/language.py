"""Which of the clinic's languages a message is in. Short messages lean on the conversation's language."""

from functools import lru_cache

from lingua import IsoCode639_1, Language, LanguageDetector, LanguageDetectorBuilder

from clinicbot.texts import DEFAULT_LANGUAGE

# A message switches the language only when the detector is this sure; a first message only needs to be likelier.
SURE_ENOUGH_TO_SWITCH = 0.85
LIKELY_ENOUGH_AT_FIRST = 0.6


@lru_cache(maxsize=4)
def _detector(languages: tuple[str, ...]) -> LanguageDetector:
    codes = [IsoCode639_1.from_str(code.upper()) for code in languages]
    return LanguageDetectorBuilder.from_languages(*(Language.from_iso_code_639_1(code) for code in codes)).build()


def detect_language(text: str, languages: tuple[str, ...], *, current: str | None = None, started: bool = False) -> str:
    """One of `languages` (ISO 639-1), the conversation's `current` one where the text does not say otherwise.

    `started` tells that the patient has written before, so that a switch needs more evidence.
    """
    fallback = current or DEFAULT_LANGUAGE
    if len(languages) < 2 or not any(character.isalpha() for character in text):
        return fallback
    best = _detector(languages).compute_language_confidence_values(text)[0]
    needed = SURE_ENOUGH_TO_SWITCH if started else LIKELY_ENOUGH_AT_FIRST
    code = best.language.iso_code_639_1.name.lower()
    return code if best.value >= needed else fallback
