"""Names of people in a message, as far as the words around them tell.

Some words surely announce a name ("my name is"), whatever its case; others often announce something else ("I'm
pregnant"), so that only a capital letter makes it a name there. German writes every noun with one: there it takes two.
"""

import re

# What is no name though it stands where one may.
_NOT_NAMES = (
    "a an the and or i im i'm i've is was am are my me you your it this that to for in on at from of not so but "
    "just here who how what when where why which can could do does did have had would will should please thanks "
    "hello hi dear all sir madam team doctor dr nurse clinic staff support admin assistant everyone there "
    "pregnant allergic sorry looking botox botoks ботокс بوتوكس dysport xeomin filler filling dolgu said says "
    "told he she they we with about botulinum english turkish german french spanish russian arabic british "
    "american italian indian chinese muslim turk apex ve bir bu şu için ama çok değil mi mı mu mü ben bana benim "
    "bey hanım doktor hemşire hoca kaç ne nasıl neden var yok und ich bin ist war habe kann darf wie wann warum "
    "wo nicht ein eine der die das mit für aber bitte hallo frau herr arzt ärztin et je suis mon ma mes un une le "
    "la les de des du que qui quand comment pourquoi est-ce puis-je pas mais pour avec y yo soy es una el los "
    "quien cuando cuándo como cómo por porque puedo no pero para con и я мы он она это мне мой моя как когда что "
    "где почему можно ли не но для с на у в здравствуйте доктор و أنا هل كيف متى ما ماذا لماذا من في على عن إلى "
    "مع لا لكن قال قالت لو هو هي بعد قبل عندي اريد أريد"
)
_NO_NAMES = frozenset(_NOT_NAMES.split())
_WORD = r"[^\W\d_]+(?:['’\-][^\W\d_]+)*"
_CAPITAL = r"(?-i:[^\W\d_a-zà-öø-ÿа-яёçğıöşüß\u0590-\u08ff][^\W\d_]+(?:['’\-][^\W\d_]+)*)"

_SURELY = re.compile(
    r"\b(?:my (?:full |first |last )?name(?:['’]s| is|:)|name ?:|i(?:['’]m| am) called"
    r"|(?:benim )?(?:adım|ismim|soyadım)|adı(?:m)? soyadı(?:m)?:?|mein name ist|ich hei(?:ß|ss)e"
    r"|je m['’]appelle|mon (?:nom|prénom) (?:est|c['’]est)"
    r"|me llamo|mi (?:nombre|apellido) es|меня зовут|мо[её] имя|моя фамилия|(?:أنا )?اسمي|إسمي|انا اسمي)[ :,]+"
    rf"(?P<name>{_WORD}(?: {_WORD}){{0,2}})",
    re.IGNORECASE,
)
_PERHAPS = re.compile(
    r"\b(?:i(?:['’]m| am)|this is|it(?:['’]s| is)|ben|je suis|c['’]est|soy|это|я|hier ist|hier spricht)[ ,]+"
    rf"(?P<name>{_CAPITAL}(?: {_CAPITAL}){{0,2}})(?=\W*$|[,.!;\n]| (?:here|speaking|and|from|ve|et|y|и|und)\b)",
    re.IGNORECASE,
)
_GERMAN = re.compile(rf"\bich bin (?P<name>{_CAPITAL} {_CAPITAL})\b", re.IGNORECASE)
_TITLES = re.compile(
    r"\b(?:mr|mrs|ms|miss|mister|dr|prof|doctor|doctora?|docteur|doktor|nurse|herr|frau|monsieur|madame|mme|señora?|sra?"
    r"|doña|don|sayın|bay|bayan|доктор|врач|господин|госпожа|op)\b\.? ?(?:dr\b\.? ?)?"
    rf"(?P<name>{_CAPITAL}(?: {_CAPITAL}){{0,2}})",
    re.IGNORECASE,
)
_PLAIN_TITLES = re.compile(
    rf"\b(?:mr|mrs|mme|السيدة?|الأستاذة?|(?:مع|عند) (?:ال)?دكتورة?|د)\b\.? (?P<name>{_WORD})"
    rf"|\b(?P<before>{_WORD}) (?:hanım|bey)\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\b(?:(?:kind |best |warm )?regards|yours (?:sincerely|faithfully|truly)|sincerely"
    r"|(?:mit freundlichen |viele |liebe |beste )gr(?:ü|ue)(?:ß|ss)en?|mfg|cordialement|bien à vous"
    r"|(?:un )?saludos?(?: cordiales)?|atentamente|с уважением"
    r"|saygılarımla|saygılar|sevgiler|مع (?:تحياتي|التحية|خالص التحية))[\s,.!\-–]+"
    rf"(?P<name>{_WORD}(?: {_WORD}){{0,2}})\W*$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"\b(?:thanks|thank you|thx|cheers|love|danke|merci|gracias|спасибо|teşekkürler|teşekkür ederim|sağolun|xx?)"
    r"[\s,.!\-–]+"
    rf"(?P<name>{_CAPITAL}(?: {_CAPITAL}){{0,2}})\W*$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|dear|hallo|liebe[rs]?|sehr geehrte[rs]?|bonjour|chère?|hola|querid[oa]|merhaba|selam|sevgili"
    rf"|здравствуйте|привет|уважаем(?:ый|ая)) (?P<name>{_CAPITAL}(?: {_CAPITAL})?)(?=\s*[,!.\n])",
    re.IGNORECASE,
)
_ALL = (_SURELY, _PERHAPS, _GERMAN, _TITLES, _PLAIN_TITLES, _CLOSING, _THANKS, _GREETING)


def mask_names(text: str, mask: str) -> str:
    """The text with each name that is announced replaced."""
    for pattern in _ALL:
        text = pattern.sub(lambda match: _without_name(match, mask), text)
    return text


def _without_name(match: re.Match[str], mask: str) -> str:
    group = next(name for name, found in match.groupdict().items() if found is not None)
    begin, end = match.start(group) - match.start(), match.end(group) - match.start()
    name = _only_name(match[group])
    if not name:
        return match[0]
    return match[0][:begin] + mask + match[0][begin + len(name) : end] + match[0][end:]


def _only_name(words: str) -> str:
    """The first words of these that may be a name: empty where the first one can't."""
    taken: list[str] = []
    for word in words.split(" "):
        if word.replace("İ", "i").casefold() in _NO_NAMES or (taken and word.startswith("و")):
            break
        taken.append(word)
    return " ".join(taken)
