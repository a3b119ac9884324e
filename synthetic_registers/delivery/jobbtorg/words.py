"""Words of the City's client system, as its users see them."""

from __future__ import annotations

from synthetic_registers.history import LeavingReason

REASONS = {
    LeavingReason.PERMANENT_JOB: "arbete tillsvidare",
    LeavingReason.TEMPORARY_JOB: "arbete tidsbegr.",
    LeavingReason.FIXED_TERM: "visstidsanställning Stockholms stad",
    LeavingReason.SUPPORTED_JOB: "subventionerad anst.",
    LeavingReason.STUDIES: "studier",
    LeavingReason.EMPLOYMENT_SERVICE: "AF (JOB/UGA/etableringsplan)",
    LeavingReason.PARENTAL_LEAVE: "föräldraledig",
    LeavingReason.SICK: "sjuk/sjukersättning",
    LeavingReason.MOVED: "flytt",
    LeavingReason.DROPPED_OUT: "ej medverkat/avhopp",
    LeavingReason.BACK_TO_DISTRICT: "åter SDF",
    LeavingReason.DEAD: "avliden",
}
UNKNOWN = "okänd"

# What caseworkers write in their own words instead; each begins with, or holds, a hint of the code.
FREE_TEXTS = {
    LeavingReason.PERMANENT_JOB: ("Fått fast jobb", "arbete, tillsvidare heltid", "Jobb tillsv."),
    LeavingReason.TEMPORARY_JOB: ("vikariat 6 mån", "arbete tidsbegränsat", "Jobb - timmar"),
    LeavingReason.FIXED_TERM: ("visstid staden", "Visstidsanst. Sthlms stad", "VISSTID via Jobbtorg"),
    LeavingReason.SUPPORTED_JOB: ("nystartsjobb", "anst. med lönebidrag", "subv. anställning"),
    LeavingReason.STUDIES: ("börjat studera", "Studier komvux", "STUDIER"),
    LeavingReason.EMPLOYMENT_SERVICE: ("till AF", "AF - jobbgarantin", "etableringsplan hos AF"),
    LeavingReason.PARENTAL_LEAVE: ("föräldraledighet", "mammaledig", "Föräldraled."),
    LeavingReason.SICK: ("sjukskriven", "beviljad sjukersättning", "SJUK"),
    LeavingReason.MOVED: ("flyttat till annan kommun", "Flyttat", "flyttar utomlands"),
    LeavingReason.DROPPED_OUT: ("har inte medverkat", "avhopp", "kommer inte på bokade tider"),
    LeavingReason.BACK_TO_DISTRICT: ("åter till SDF", "tillbaka till stadsdelen", "Åter stadsdel"),
    LeavingReason.DEAD: ("har avlidit", "Avliden", "dödsfall"),
}
UNKNOWN_CODE = len(REASONS)
ALL_REASONS = (*REASONS.values(), UNKNOWN, *(word for words in FREE_TEXTS.values() for word in words))
FREE_TEXTS_EACH = 3

ORDINARY, RESOURCE, YOUTH = range(3)
TARGET_GROUPS = ("ordinarie", "resurs", "ungdom")
OFFICES = (
    "Jobbtorg Kista",
    "Jobbtorg Vällingby",
    "Jobbtorg City",
    "Jobbtorg Globen",
    "Jobbtorg Farsta",
    "Jobbtorg Skärholmen",
    "Jobbtorg Resurs",
)
RESOURCE_OFFICE = 6
DISTRICT_OFFICE = (0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 3, 5, 5)  # office of district 1..14

REGULAR, CREATED, SHELTERED, YOUTH_JOB, HOLIDAY = range(5)
EMPLOYMENT_KINDS = ("visstid ordinarie", "Stockholmsvärd", "OSA", "ungdomsanst.", "feriejobb")
DEPARTMENTS = (
    "Utbildningsförvaltningen",
    "Äldreförvaltningen",
    "Idrottsförvaltningen",
    "Farsta stadsdelsförvaltning",
    "Rinkeby-Kista stadsdelsförvaltning",
    "Skärholmens stadsdelsförvaltning",
    "Arbetsmarknadsförvaltningen",
    "Trafikkontoret",
)
BREAKS = ("annat arbete", "sjukdom", "egen begäran", "misskötsel", "övrigt")

MEASURES = ("coach", "praktik", "SFI-komb.", "språk", "validering", "AF-program")
ATTENDANCE = ("närvarande", "anmäld frånvaro", "oanmäld frånvaro")
SUPPORT = (
    "ekonomiskt bistånd",
    "a-kassa",
    "aktivitetsstöd",
    "sjukpenning",
    "studiemedel",
    "lön",
    "försörjd av annan",
)
