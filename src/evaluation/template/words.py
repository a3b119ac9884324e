"""Titles and questions for a study that has none of its own yet."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "sv"]

TITLES = {
    "sv": "Hur gick det efter insatsen {period}?",
    "en": "What happened after the programme of {period}?",
}
QUESTIONS = {
    "sv": "Hur gick det för de personer som började en insats {period} (deltagarna), jämfört med liknande personer som inte började en då "
    "(jämförelsegruppen, eller kontrollgruppen)?",
    "en": "How did the people who started the programme in {period} (the participants) fare, compared with similar people who did not start "
    "it at that time (the comparison group, or control group)?",
}
