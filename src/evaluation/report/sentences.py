"""From a result to sentences: the case is decided by `cases`, the numbers are written by `numbers`, the words are in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from evaluation.report import lines
from evaluation.report.cases import Case, decide
from evaluation.report.context import WORDS, word
from evaluation.report.flags import cautions, flagged
from evaluation.report.flags import notes as flag_notes
from evaluation.report.model import Paragraph
from evaluation.report.numbers import Language, Numbers, capital
from evaluation.report.reasons import why_not_shown
from evaluation.report.release import Effect, Release
from evaluation.report.texts import Catalogue, sentences
from evaluation.report.texts import placeholders as placeholders_of

EMPLOYED_BY_MONTH = "established_month"


@dataclass(frozen=True)
class Claim:
    """What the report says of one result. `numbers` is empty where no number may be shown."""

    case: Case
    title: str
    text: str
    numbers: str = ""
    label: str = ""


@dataclass(frozen=True)
class Writer:
    """Writes in one language about one release."""

    release: Release
    catalogue: Catalogue
    numbers: Numbers

    @classmethod
    def of(cls, release: Release, lang: Language) -> Writer:
        """A writer in a language."""
        return cls(release, Catalogue(lang), Numbers(lang))

    @property
    def lang(self) -> Language:
        """The language."""
        return self.numbers.lang

    def __call__(self, key: str, /, **values: object) -> str:
        asked = placeholders_of(sentences()[key][self.lang]) if self.catalogue.has(key) else set()
        known = {
            name: word(name, self.release.info, self.catalogue) for name in asked.intersection(WORDS) - set(values)
        }
        return self.catalogue(key, **values, **known)

    def label(self, group: str, key: str) -> str:
        """A name from labels.toml."""
        return self.catalogue.label(group, key)

    # --- pieces ---------------------------------------------------------------------------------------------------

    def case(self, row: Effect) -> Case:
        """The case of a row, with the release's gates and changes."""
        return decide(
            estimate=row.estimate,
            low=row.low,
            high=row.high,
            margin=row.margin,
            status=row.status,
            gate_passed=self.release.gates_passed,
            role=row.role,
            design_changed=self.release.info.design.changes > 0,
            flagged=flagged(row.estimand or self.release.info.primary.estimand, row.clock),
        )

    def words_key(self, row: Effect) -> str:
        """The lexicon's key for an outcome: work by month and in November have words of their own."""
        if row.outcome == "established":
            if row.horizon_unit == "month":
                return EMPLOYED_BY_MONTH
            if row.definition == "E4_employed":
                return "E4_employed"
        return row.outcome

    def verb(self, row: Effect) -> str:
        """The verb phrase of an outcome, without a capital."""
        phrase = self.label("verb", self.words_key(row))
        if row.outcome == "sustained_established":
            phrase = phrase.replace("{k}", str(row.horizon))
        return phrase

    def share(self, row: Effect) -> str:
        """`andelen etablerade`."""
        return self.label("share", self.words_key(row))

    def after(self, clock: str) -> str:
        """`efter anställningens avtalade slut`."""
        return self.label("after", clock)

    def when(self, row: Effect) -> str:
        """`det fjärde året efter …`, `18 månader efter …`."""
        after = self.after(row.clock)
        if row.outcome == "sustained_established":
            return after  # the years stand in the verb phrase
        if row.horizon_unit == "year":
            return self(f"when.year.{row.horizon}", after=after)
        if row.horizon == 0:
            return self("when.month.same")
        if row.outcome == "returned_to_jobbtorg":
            return self("when.by_month", m=row.horizon, after=after)
        return self("when.month.later", m=row.horizon, after=after)

    def range(self, low: float, high: float, digits: int = 0) -> str:
        """A range of a difference between shares, in words, for 100 people, with no fewer decimals than asked for."""
        lo, hi = self.numbers.limits100(low, high, digits)
        if low == 0 == high:
            return self("range.none")
        if low == 0:
            return self("range.zero_to_more", hi=hi)
        if high == 0:
            return self("range.fewer_to_zero", lo=hi)
        if low > 0:
            return self("range.both_more", lo=lo, hi=hi)
        if high < 0:
            return self("range.both_fewer", lo=lo, hi=hi)
        return self("range.across", lo=lo, hi=hi)

    def of_100(self, share: float) -> str:
        """A share in 100 that never says all or none where that is not so: `97`, `fler än 99`."""
        text = self.numbers.per100(share)
        if text == "100" and share < 1:
            return self("range.above_99")
        if text == "0" and share > 0:
            return self("range.below_1")
        return text

    def matched_of_100(self) -> str:
        """Participants in 100 who have someone to be compared with: `97`, `minst 90`."""
        share = self.release.matched_share or 0.0
        if self.release.matched_at_least:
            return self("range.at_least", n=self.numbers.per100(share))
        return self.of_100(share)

    def plain_number(self, value: float) -> str:
        """A number with as many decimals as it needs, at most three: `0,1`, `2`."""
        for digits in (0, 1, 2):
            if abs(value * 10**digits - round(value * 10**digits)) < 1e-9:
                return self.numbers.decimal(value, digits)
        return self.numbers.decimal(value, 3)

    def margin(self, row: Effect) -> str:
        """The margin of practical importance in the row's own unit, without the unit."""
        margin = row.margin or 0.0
        return self.plain_number(100 * margin if row.unit == "share" else margin)

    # --- whole claims ---------------------------------------------------------------------------------------------

    def claim(self, row: Effect) -> Claim:
        """Title, sentence and numbers line of one result (outcomes that are shares)."""
        case = self.case(row)
        vp, when = self.verb(row), self.when(row)
        label = self("any.exploratory.label") if case.exploratory and case.shows_number else ""
        if case.name == "not_shown":
            text = f"{self('any.not_shown.text', reason=why_not_shown(self))} {self('any.not_shown.consequence')}"
            return Claim(case, self("any.not_shown.title"), text)
        if case.name == "suppressed":
            return Claim(case, self("any.not_shown.title"), self("any.suppressed.text"))
        if case.name == "not_observed":
            text = self("share.not_observed.text", vp=vp, when=when, end_date=self.end_date)
            return Claim(case, self("any.not_shown.title"), text)
        if case.name == "not_estimated":
            return Claim(case, self("any.not_shown.title"), self("share.not_estimated.text", vp=vp, when=when))
        treated, control = self.numbers.pair100(row.treated, row.estimate)
        levels = {"share_cap": capital(self.share(row)), "treated100": treated, "control100": control}
        if case.direction:
            numbers = self("share.numbers", range=self.range(row.low, row.high), **levels)
        else:
            numbers = self("share.levels", **levels)  # the sentence has told the range
        return Claim(case, self._title(row, case, vp), self._text(row, case, vp, when), numbers, label)

    def _title(self, row: Effect, case: Case, vp: str) -> str:
        if case.direction:
            lo, hi = self.numbers.limits100(row.low, row.high)
            return self(f"share.{case.name}.title", lo=lo, hi=hi, vp=vp)
        return self(f"share.{case.name}.title", vp=vp)

    def _text(self, row: Effect, case: Case, vp: str, when: str) -> str:
        if case.direction:
            lo, hi = self.numbers.limits100(row.low, row.high)
            return self(f"share.{case.name}.text", lo=lo, hi=hi, vp=vp, when=when)
        words = {"vp": vp, "when": when, "range": self.range(row.low, row.high)}
        if case.name == "no_difference":
            text = self("share.no_difference.text", margin=self.margin(row), **words)
            return f"{text} {self('share.no_difference.small')}" if case.variant == "small" else text
        if case.variant != "open":
            words["margin"] = self.margin(row)
        return self(f"share.uncertain.{case.variant}", **words)

    def line(self, row: Effect) -> str:
        """One short line on one of many results; empty where nothing may be said."""
        return lines.line(self, row)

    def profile(self, bands: list[Effect]) -> str:
        """What may be said of all four years at once, from simultaneous intervals; empty where one is not shown."""
        return lines.all_years(self, bands)

    def interpretation(self) -> list[str]:
        """How the primary difference may be read: the condition, and what exactly is compared."""
        if self.reservations(self.primary.clock):
            return [self.estimand()]  # the reservations stand above it, and leave nothing to be read as an effect
        exploratory = self.case(self.primary).exploratory
        return [self("any.exploratory.text" if exploratory else "any.interpretation.effect"), self.estimand()]

    def changed(self) -> str:
        """That the design was changed after outcomes had been read, and how often; empty where it was not."""
        if not self.release.info.design.changes:
            return ""
        return self("any.exploratory.changed", place=self("section.provenance.title"))

    def short_reservations(self, *clocks: str) -> list[Paragraph]:
        """The same in one short paragraph, for a page that follows the one where they stand in full."""
        changed = [self("any.exploratory.short")] if self.release.info.design.changes else []
        found = [*changed, *flag_notes(self, clocks)]
        return [Paragraph(" ".join(found), "caution")] if found else []

    def reservations(self, *clocks: str) -> list[Paragraph]:
        """What a reader must see before any result on these clocks: a changed design, and methods known to go wrong."""
        changed = self.changed()
        return ([Paragraph(changed, "caution")] if changed else []) + cautions(self, clocks)

    def estimand(self) -> str:
        """What is compared with what, and how many in the comparison group were treated later."""
        primary = self.release.info.primary
        if primary.estimand == "never_in_follow_up":
            return self("any.estimand.never_in_follow_up")
        later = self.release.table("later_treated")
        rows = later[
            (later["clock"] == primary.clock)
            & (later["estimand"] == primary.estimand)
            & (later["year"] == primary.year)
            & (later["status"] == "released")
        ]
        share = None if rows.empty else self.numbers.per100(float(rows["share"].iloc[0]))
        if primary.estimand == "never":
            known = [self("any.estimand.never_later", later100=share)] if share is not None else []
            return " ".join([self("any.estimand.never"), *known])
        if share is None:
            return self("any.estimand.not_yet_plain")
        return self("any.estimand.not_yet", later100=share)

    def unit(self, group: str, unit: str) -> str:
        """What a step of the flow counts; after the rows, a study that counts employments counts them throughout."""
        own = group in ("employments", "matching") and unit != "rows"
        return self.label("unit", "employments" if own and self.release.info.cohort.unit == "employments" else unit)

    def unadjusted(self) -> str:
        """Whom the comparison without matching is about."""
        return self(f"unadjusted.{self.release.info.unadjusted.participants}")

    def weights(self) -> str:
        """How well the reweighting of the estimand `never` worked; empty where the release does not say."""
        w = self.release.info.weights
        if w.least is None or w.greatest is None:
            return ""
        # a range whose ends look alike tells nothing: then a further decimal
        digits = 2 if round(w.least, 2) != round(w.greatest, 2) else 3
        low, high = (self.numbers.decimal(value, digits) for value in (w.least, w.greatest))
        return self("never.weights", low=low, high=high)

    # --- the result named beforehand ------------------------------------------------------------------------------

    @cached_property
    def primary(self) -> Effect:
        """The row of the primary result; one without numbers where the release holds none."""
        p = self.release.info.primary
        row = self.release.effect(
            horizon=p.year, outcome=p.outcome, definition=p.definition, clock=p.clock, horizon_unit="year"
        )
        if row is not None:
            return row
        nan = float("nan")
        status = "not_estimated" if self.release.gates_passed else "gate_failed"
        return Effect(p.outcome, p.definition, p.clock, p.year, "year", *[nan] * 7, "share", None, "primary", status)

    @property
    def end_date(self) -> str:
        """The last day of the follow-up, in words."""
        return self.numbers.date(date.fromisoformat(self.release.info.end_of_data))
