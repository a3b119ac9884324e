"""Names and order of characteristics and their levels."""

from __future__ import annotations

from evaluation.report.content.builder import Builder


def level_name(b: Builder, covariate: str, level: object) -> str:
    """`utbildning: gymnasium`, or the characteristic alone; numbers stand for themselves."""
    w = b.writer
    text = "" if level is None or level != level else str(level).removesuffix(".0")
    name = w.label("covariate", covariate)
    if not text or text == covariate:
        return name
    key = f"{covariate}.{text}"
    shown = w.label("level", key) if w.catalogue.has_label("level", key) or not text.isdigit() else text
    return f"{name}: {shown.removeprefix(f'{covariate}.')}"


def stratum_names(b: Builder) -> str:
    """What had to be the same, in words; a characteristic without a name of its own here has the one it has in every table."""
    w = b.writer
    names = [
        w.label("exact" if w.catalogue.has_label("exact", e) else "covariate", e) for e in b.release.info.design.same
    ]
    return w.numbers.listing(list(dict.fromkeys(names)))


def level_order(b: Builder, characteristic: str, level: object) -> tuple:
    """Characteristics and levels in the order of the labels, numbered levels as numbers, 0 (none) last."""
    text = "" if level != level else str(level).removesuffix(".0")
    number = int(text) if text.isdigit() else 0
    place = b.writer.catalogue.place
    return place("covariate", characteristic), number == 0, number, place("level", f"{characteristic}.{text}")
