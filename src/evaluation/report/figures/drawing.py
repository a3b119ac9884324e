"""A figure of the report: it knows its title and its description, and shows itself in a notebook as the report draws it."""

from __future__ import annotations

from html import escape

from matplotlib.figure import Figure


class Drawing(Figure):
    """A matplotlib figure with the words that stand around it in the report.

    Attributes
    ----------
    title, alt
        The claim above it, and what it shows for those who do not see it; empty until the report gives them.
    """

    title: str = ""
    alt: str = ""

    def _repr_html_(self) -> str:
        """Title and drawing for a notebook; the description is what a screen reader says in the drawing's place."""
        from evaluation.report.figures.style import svg

        text = svg(self, title=self.title, description=self.alt)
        drawing = text[text.index("<svg") :].replace(' role="img"', f' role="img" aria-label="{escape(self.alt)}"', 1)
        return f"<figure><figcaption><b>{escape(self.title)}</b></figcaption>{drawing}</figure>"
