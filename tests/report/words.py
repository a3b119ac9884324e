"""Checks of sentences: words to avoid, signs that speech skips, leftovers of templates."""

from __future__ import annotations

import re

CAUSAL = {
    "sv": r"bevisar|påvisar|fastslår|leder till|ledde till|orsakar|medför|tack vare|resulterar i|signifikant\w*|"
    r"statistiskt säkerställ\w*|tendens|lyckas|misslyckas|framgång\w*|kraftig\w*|markant\w*|dramatisk\w*|behandlade|exponerade|"
    r"ingen effekt|saknar effekt|verkningslös\w*|bidragstagare|invandrare",
    "en": r"proves?|demonstrates?|leads? to|led to|causes?|resulted in|resulting in|thanks to|due to|drives|significant\w*|borderline|"
    r"success\w*|failure|dramatic\w*|marked\w*|sharply|the treated|exposed|no effect|does not work|ineffective|immigrants",
}


def faults(text: str, lang: str) -> list[str]:
    """What is wrong with a sentence meant for people; empty when nothing is."""
    found = [f"avoid: {m.group()}" for m in re.finditer(rf"\b({CAUSAL[lang]})\b", text, re.IGNORECASE)]
    for name, pattern in {
        "leftover": r"[{}]|\bnan\b|\bNone\b(?! of\b)|<NA>",
        "two spaces": r"  ",
        "signed number": r"(?<![\w\d])[-−+]\d",
        "hyphen between digits": r"\d-\d",
        "space before a stop": r"\s[.,;]",
        "two stops": r"\.\.(?!\.)(?=\s|$)",
    }.items():
        if re.search(pattern, text):
            found.append(f"{name}: {text}")
    plain = re.sub(r"Version: \S+|WCAG \S+|\bV\d\S+", "", text)  # versions of things are not numbers
    if lang == "sv" and re.search(r"\d\.\d", plain):
        found.append(f"decimal point: {text}")
    if lang == "en" and re.search(r"\d,\d(?!\d\d)", text):
        found.append(f"decimal comma: {text}")
    return found


def lix(text: str) -> float:
    """Readability of Swedish: mean sentence length plus the share of long words, per cent."""
    words = re.findall(r"[^\W\d_]+", text)
    sentences = max(1, len(re.findall(r"[.!?:](?=\s|$)", text)))
    return len(words) / sentences + 100 * sum(len(w) > 6 for w in words) / len(words)
