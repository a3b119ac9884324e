"""The City's own tables (Jobbtorg), and the key between personal identity numbers and serial numbers."""

from evaluation.registers.contracts.base import Column, Contract, codes, number, person

#: Reasons for leaving Jobbtorg: (code, canonical value, hints by which a caseworker's own words are told).
EXIT_REASONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("arbete tillsvidare", "permanent_job", ("tillsv", "arbete, tillsv", "fast jobb", "fast anst", "fått fast")),
    (
        "arbete tidsbegr.",
        "temporary_job",
        ("arbete tidsbegr", "tidsbegr", "vikariat", "timanst", "jobb - tim", "timmar"),
    ),
    ("visstidsanställning Stockholms stad", "fixed_term", ("visstid",)),
    ("subventionerad anst.", "subsidised_job", ("subv", "nystartsjobb", "lönebidrag", "anst. med", "instegsjobb")),
    ("studier", "studies", ("studi", "studera", "utbildning", "komvux", "börjat stud")),
    ("AF (JOB/UGA/etableringsplan)", "employment_service", ("af", "till af", "jobbgaranti", "etableringsplan")),
    ("föräldraledig", "parental_leave", ("föräldral", "mammaledig", "pappaledig")),
    ("sjuk/sjukersättning", "sick", ("sjuk", "beviljad sjuk")),
    ("flytt", "moved", ("flytt",)),
    ("ej medverkat/avhopp", "dropped_out", ("ej medverkat", "inte medverkat", "avhopp", "kommer inte", "uteblir")),
    ("åter SDF", "back_to_district", ("åter", "sdf", "stadsdel", "tillbaka till stadsdel")),
    ("avliden", "deceased", ("avlid", "dödsfall")),
    ("okänd", "unknown", ("okän",)),
)
#: Kinds of employment, as delivered and from here on.
EMPLOYMENT_KINDS = {
    "visstid ordinarie": "regular",
    "Stockholmsvärd": "created",
    "OSA": "sheltered",
    "ungdomsanst.": "youth",
    "feriejobb": "holiday",
}
ATTENDANCE = {"närvarande": "present", "anmäld frånvaro": "excused", "oanmäld frånvaro": "absent"}

ENROLMENTS = Contract(
    register="enrolments",
    title="Enrolments at Jobbtorg",
    source="City of Stockholm",
    grain="enrolment at one office",
    key=("enrolment",),
    row_key=(("InskrivId", "enrolment"),),
    table="jobbtorg_inskrivning",
    words=(frozenset({"inskrivning"}), frozenset({"inskrivningar"})),
    columns=(
        number(),
        Column("enrolment", "InskrivId", "integer", "Number of the enrolment"),
        Column("office", "Jobbtorg", "text", "Office"),
        Column("district", "StadsdelRemiss", "integer", "District that referred (1-14)"),
        Column("referral", "RemissDatum", "date", "Date of referral"),
        Column("start", "InskrivDatum", "date", "First day"),
        Column("end", "AvslutDatum", "date", "Last day; missing while enrolled"),
        Column("reason", "AvslutOrsak", "text", "Reason for leaving", codes=tuple((c, m) for c, m, _ in EXIT_REASONS)),
        Column("target_group", "Malgrupp", "text", "Target group", required=False),
        Column(
            "support_at_start",
            "ForsorjningVidStart",
            "text",
            "Means of support at the start",
            aliases=("Forsorjning_vid_start",),
            required=False,
        ),
    ),
    canonical=(("reason", "string", "nearest code of the list, in English"),),
)
MEASURES = Contract(
    register="measures",
    title="Measures at Jobbtorg",
    source="City of Stockholm",
    grain="measure within an enrolment; several at a time are normal",
    key=("measure",),
    row_key=(("InsatsId", "measure"),),
    table="jobbtorg_insats",
    words=(frozenset({"insats"}), frozenset({"insatser"})),
    required=False,
    may_be_empty=True,
    without="nothing that the study reads is lost",
    columns=(
        Column("enrolment", "InskrivId", "integer", "Number of the enrolment"),
        Column("measure", "InsatsId", "integer", "Number of the measure"),
        Column("kind", "InsatsTyp", "text", "Kind of measure"),
        Column("start", "FromDatum", "date", "First day"),
        Column("end", "TomDatum", "date", "Last day; missing while it lasts"),
        Column("extent", "Omfattning", "integer", "Extent", unit="per cent of full time", required=False),
    ),
    canonical=(("person", "int64", "through the enrolment"),),
)
EMPLOYMENTS = Contract(
    register="employments",
    title="Fixed-term employments in the City",
    source="City of Stockholm",
    grain="employment contract; an extension is a new row",
    key=("employment",),
    row_key=(("AnstId", "employment"),),
    table="jobbtorg_visstid",
    words=(frozenset({"visstid"}), frozenset({"visstidsanstallning"})),
    columns=(
        number(),
        Column("employment", "AnstId", "integer", "Number of the employment"),
        Column("kind", "AnstTyp", "text", "Kind of employment", codes=tuple(EMPLOYMENT_KINDS.items())),
        Column("department", "Forvaltning", "text", "Department", required=False),
        Column("start", "FromDatum", "date", "First day"),
        Column("planned_end", "TomDatumPlan", "date", "Last day agreed", aliases=("TomDatum_plan",)),
        Column(
            "end", "TomDatumFaktisk", "date", "Last day worked; missing while it lasts", aliases=("TomDatum_faktisk",)
        ),
        Column("extent", "Sysselsgrad", "integer", "Extent", unit="per cent of full time", required=False),
        Column(
            "break_reason",
            "AvbrottOrsak",
            "text",
            "Reason for an early end",
            aliases=("Avbrott_orsak",),
            required=False,
        ),
    ),
    canonical=(("kind", "string", "regular, created, sheltered, youth or holiday"),),
)
ATTENDANCES = Contract(
    register="attendance",
    title="Attendance at booked meetings",
    source="City of Stockholm",
    grain="booked meeting",
    key=("person", "date"),
    row_key=(("PersonNr12", "number"), ("date", "date")),
    table="jobbtorg_narvaro",
    words=(frozenset({"narvaro"}), frozenset({"närvaro"})),
    required=False,
    may_be_empty=True,
    without="nothing that the study reads is lost",
    columns=(
        number(),
        Column("date", "Datum", "date", "Day of the meeting"),
        Column("status", "Status", "text", "Whether the person came", codes=tuple(ATTENDANCE.items())),
    ),
    canonical=(("status", "string", "present, excused or absent"),),
)
STEPS = Contract(
    register="steps",
    title="Steps towards work, as assessed by the caseworker",
    source="City of Stockholm",
    grain="assessment",
    key=("person", "date"),
    row_key=(("PersonNr12", "number"), ("date", "date")),
    table="jobbtorg_steg",
    words=(frozenset({"steg"}),),
    required=False,
    may_be_empty=True,
    without="the covariate step is 0 (none registered) for everybody, and tells nothing",
    columns=(
        number(),
        Column("date", "Datum", "date", "Day of the assessment"),
        Column("step", "Steg", "integer", "Step, 1 farthest from work, 5 closest"),
    ),
)
KEY = Contract(
    register="key",
    title="Key between personal identity numbers and serial numbers",
    source="Statistics Sweden",
    grain="personal identity number; a person may have had several",
    key=("number",),
    row_key=(("LopNr", "person"),),
    table="nyckel",
    words=(frozenset({"nyckel"}),),
    required=False,  # only where the City's tables carry personal identity numbers
    without="the City's tables must carry serial numbers themselves",
    columns=(
        number(),
        person(),
        Column(
            "latest_number",
            "SenPNr",
            "code",
            "1 on the row of the latest number",
            codes=codes(_1="latest", _0="earlier"),
            required=False,
        ),
    ),
)
