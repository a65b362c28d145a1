"""Takes out of a patient's message what tells who the patient is, before anybody sees it or it teaches the model.

Rules find what has a form: telephone, card and identity numbers (any seven digits that stand together, which covers the
Turkish identity number's eleven), bank accounts, addresses of the web, of e-mail and of streets, whole dates and years
of birth, and names behind words such as "my name is", "Dr" or "kind regards". They can't find a name that nothing
announces ("anna was here last week"), a number written in words, a rare illness or job that only one person in town
has, or what several harmless words tell together. So a person reads each message before it is published.

Numbers that matter to medicine stay: "6 months", "50 units", "age 17".
"""

import re

from phonenumbers import Leniency, PhoneNumberMatcher

from clinicbot.review.names import mask_names

MASK = "(…)"  # no letters, so that no rule finds it again; no square brackets, which training data may not have

# Countries whose numbers are also found without the country's code: those of the assistant's languages.
_REGIONS = ("GB", "US", "TR", "DE", "AT", "CH", "FR", "ES", "RU", "SA", "AE", "EG")
_DIGITS_OF_A_NUMBER = 6

# Between the digits of one number: marks, spaces, what can't be seen, and the frame of a keycap emoji.
_BETWEEN = r"[\s().\-‐-―−/+_*·|:\u00ad\u200b-\u200f\u2060\u202a-\u202e\u2066-\u2069\ufe0f\u20e3\ufeff]{0,4}"
_LONG_NUMBER = re.compile(rf"\b[^\W\d_]{{0,3}}[+(]*\d(?:{_BETWEEN}\d){{6,}}[^\W\d_]?\b|\+?\d(?:{_BETWEEN}\d){{6,}}")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_INSURANCE = re.compile(r"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", re.IGNORECASE)

_DOMAINS = r"(?:com|net|org|info|biz|io|me|co|tr|uk|de|at|ch|fr|es|ru|sa|ae|eg|eu|edu|gov|example|test|invalid)"
_EMAIL = re.compile(
    r"[\w.+\-]+(?:@| @ )[\w\-]+(?:\.[\w\-]+)*"
    rf"|\b[\w.+\-]+ ?(?:\(at\)|\[at\]| at ) ?[\w\-]+ ?(?:\.|\(dot\)|\[dot\]| dot ) ?{_DOMAINS}\b",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<!\w)@\w[\w.]+")
_LINK = re.compile(rf"\b(?:https?://|www\.)\S+|\b[\w\-]+(?:\.[\w\-]+)*\.{_DOMAINS}(?:/\S*|\b(?!\.\w))", re.IGNORECASE)

_MONTHS = (
    r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|oca|şub|nis|haz|tem|ağu|eyl|eki|kas|ara"
    r"|janv|févr|mars|avr|juin|juil|août|déc|ene|abr|ago|dic|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек"
    r"|يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر)[^\W\d_]*\.?"
)
_YEAR = r"(?:19|20)\d\d"
_DATE = re.compile(
    rf"\b(?:[0-3]?\d ?[./] ?[01]?\d ?[./] ?(?:{_YEAR}|\d\d)|[0-3]?\d-[01]?\d-{_YEAR}|{_YEAR}[-./][01]?\d[-./][0-3]?\d"
    rf"|[0-3]?\d(?:st|nd|rd|th)?\.?(?: of| de)? {_MONTHS}(?: de)?,? {_YEAR}"
    rf"|{_MONTHS} [0-3]?\d(?:st|nd|rd|th)?,? {_YEAR})\b",
    re.IGNORECASE,
)
_BIRTH = re.compile(
    r"(\b(?:born(?: in| on)?|birth ?da(?:y|te)(?: is)?|date of birth|dob|doğum(?: tarihim| yılım| günüm)?|doğumluyum"
    r"|geboren(?: am)?|geburtsdatum|née?(?: le| en)?|date de naissance|nac[ií](?:d[oa])?(?: el| en)?"
    r"|fecha de nacimiento|родил(?:ся|ась)(?: в)?|дата рождения|مواليد|تاريخ الميلاد|ولدت(?: في)?)\b[ :]*)"
    rf"(?:[0-3]?\d[./ ][01]?\d\b|[0-3]?\d\.? {_MONTHS}|{_YEAR})"
    rf"|\b{_YEAR}(?= ?(?:doğumlu|['’]?l[iuüı] doğum|года рождения|г\.р\.))",
    re.IGNORECASE,
)

_STREETS = r"street|st\.|road|rd\.?|avenue|ave\.?|lane|drive|close|crescent|square|court|terrace|gardens|boulevard|blvd"
_NUMBER_BEHIND = r"(?:,? *(?:no|nr|n°|nº|num|д|дом|رقم)?[.:]? *\d+(?: ?/ ?\d+)?[a-z]?\b)"
_PLACES = (
    rf"\b\d+[a-z]?,? (?:[^\W\d_]+ ){{1,3}}(?:{_STREETS})(?!\w)",
    r"\b(?:apt|apartment|flat|unit no|suite|daire|kapı no|кв|квартира)\b[.:]? ?(?:no[.:]? ?)?\d+[a-z]?\b",
    r"\b(?:[^\W\d_]+ ){1,2}(?:mahallesi|mah\.|mh\.|sokak|sokağı|sok\.|sk\.|caddesi|cad\.|cd\.|bulvarı|blv\.)"
    rf"{_NUMBER_BEHIND}?",
    rf"\b[^\W\d_]+(?:straße|strasse|str\.|gasse|allee|platz){_NUMBER_BEHIND}",
    r"\b\d+(?: ?bis| ?ter)?,? (?:rue|avenue|boulevard|bd|place|chemin|impasse|allée) "
    r"(?:(?:de|du|des|la|le|les) |(?:l|d)['’])*[^\W\d_]+(?: [^\W\d_]+)?",
    r"\b(?:calle|c/|avenida|avda\.?|plaza|paseo) (?:(?:de|del|la|las|los|el) )*"
    rf"[^\W\d_]+(?: [^\W\d_]+)?{_NUMBER_BEHIND}",
    rf"\b(?:ул\.|улиц[аеу]|просп(?:ект|\.)|пр-т|переул(?:ок|\.)) ?[^\W\d_]+(?: [^\W\d_]+)?{_NUMBER_BEHIND}",
    rf"\bشارع [^\W\d_]+(?: [^\W\d_]+)?{_NUMBER_BEHIND}?",
)
_PLACE = re.compile("|".join(_PLACES), re.IGNORECASE)
# Their case tells them from a dose and from the number of a thing.
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b\d{5} (?=[A-ZÇĞİÖŞÜÄ][a-zçğıöşüäß])[^\W\d_]+")

_WITH_SIGNS = (_EMAIL, _HANDLE, _LINK)
_SIGN = re.compile(r"[@.]|://|\bwww\b|\bat\b", re.IGNORECASE)
_WITH_DIGITS = (_ACCOUNT, _DATE, _LONG_NUMBER, _INSURANCE, _POSTCODE)
_DIGIT = re.compile(r"\d")


def mask(text: str) -> str:
    """The text with MASK in the place of whatever tells who wrote it; one without any is returned as it is.

    Masking what is masked changes nothing.
    """
    while (masked := _mask_once(text)) != text:
        text = masked
    return text


def _mask_once(text: str) -> str:
    if _SIGN.search(text):
        for pattern in _WITH_SIGNS:
            text = pattern.sub(MASK, text)
    if _DIGIT.search(text):
        for pattern in _WITH_DIGITS:
            text = pattern.sub(MASK, text)
        text = _BIRTH.sub(lambda match: f"{match[1] or ''}{MASK}", text)
        text = _mask_phones(text)
    return mask_names(_PLACE.sub(MASK, text), MASK)


def _mask_phones(text: str) -> str:
    """Those that are shorter than what `_LONG_NUMBER` finds, or have an extension."""
    for region in _REGIONS:
        if sum(character.isdigit() for character in text) < _DIGITS_OF_A_NUMBER:
            break
        found = list(PhoneNumberMatcher(text, region, leniency=Leniency.VALID))
        for match in reversed(found):
            text = text[: match.start] + MASK + text[match.end :]
    return text
