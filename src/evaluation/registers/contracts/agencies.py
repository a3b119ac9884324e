"""Registers of the other agencies: income statements, employment service, assistance, insurance, migration, deaths."""

from evaluation.registers.contracts.base import Column, Contract, codes, person

#: The City of Stockholm as an employer in the income statements.
CITY_EMPLOYER = 2120000142
#: Category of the employment service: sheltered public employment (OSA).
SHELTERED = 43
#: Categories (skat) valid 2006-2017; some have changed meaning over the years.
CATEGORIES = tuple(
    (str(code), "")
    for code in (
        *(11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 36, 37, 38, 39, 41, 42, 43, 45, 46, 47, 48, 49, 50, 51, 54),
        *(
            55,
            56,
            58,
            59,
            67,
            69,
            70,
            71,
            72,
            73,
            75,
            76,
            77,
            78,
            79,
            80,
            81,
            82,
            83,
            84,
            85,
            86,
            87,
            88,
            95,
            96,
            97,
            98,
        ),
    )
)

KU = Contract(
    register="ku",
    title="Annual income statements (kontrolluppgifter)",
    source="Statistics Sweden",
    grain="person, employer and year; no row for pay of 100 SEK or less",
    key=("person", "employer", "year"),
    row_key=(("LopNr", "person"), ("employer", "employer"), ("year", "year")),
    table="ku_{year}",
    words=(frozenset({"ku"}), frozenset({"kontrolluppgift"}), frozenset({"jobb"})),
    years=(1985, 2018),
    columns=(
        person(),
        Column(
            "employer",
            "LopNr_PeOrgNr",
            "integer",
            f"Serial number of the employer; the City is {CITY_EMPLOYER}",
            pattern=r"(P\d{3,4}_)?(LopNr_?)?PeOrgNr",
        ),
        Column("pay", "KuLon", "amount", "Gross pay", aliases=("KULonInk", "LonInk"), unit="SEK"),
        Column("first_month", "Manadfr", "integer", "First month marked", aliases=("KUFrom",), missing=("0", "00")),
        Column("last_month", "Manadtill", "integer", "Last month marked", aliases=("KUTom",), missing=("0", "00")),
        Column("sector", "SektorKod", "code", "Sector; 13 is the municipality", width=2, required=False),
    ),
    canonical=(
        ("marked", "boolean", "whether both months were marked; else the row counts for the whole year"),
        ("city", "boolean", "whether the employer is the City"),
    ),
)
AF_PERIODS = Contract(
    register="af_periods",
    title="Registrations at the employment service (INSPER)",
    source="Arbetsförmedlingen",
    grain="person and registration",
    key=("person", "period"),
    row_key=(("LopNr", "person"), ("period", "period")),
    table="af_insper",
    words=(frozenset({"insper"}),),
    columns=(
        person(),
        Column("period", "InskrivNr", "integer", "Number of the registration", aliases=("InskrNr",)),
        Column("start", "InskrivDatum", "date", "Date of registration", aliases=("InskrDatum",)),
        Column("end", "AvregDatum", "date", "Date of deregistration; missing while registered"),
        Column("reason", "Avorsak", "code", "Reason for deregistration", required=False),
    ),
)
AF_CATEGORIES = Contract(
    register="af_categories",
    title="Periods in a category at the employment service (SOKATPER)",
    source="Arbetsförmedlingen",
    grain="person and period in one category",
    key=("person", "row"),
    row_key=(("LopNr", "person"), ("row", "row")),
    table="af_sokatper",
    words=(frozenset({"sokatper"}),),
    columns=(
        person(),
        Column("row", "LopRad", "integer", "Running number, in order of registration", aliases=("LopNrRad",)),
        Column("start", "inskadm", "date", "First day in the category"),
        Column("end", "utskadm", "date", "Last day in the category; missing while it lasts"),
        Column("category", "skat", "integer", "Category", aliases=("sokatkod",), codes=CATEGORIES),
        Column("disability", "ahkp", "code", "Code of disability", required=False),
    ),
)
SOCIAL_ASSISTANCE = Contract(
    register="social_assistance",
    title="Social assistance (ekonomiskt bistånd)",
    source="Socialstyrelsen",
    grain="person and year with at least one month of assistance; amounts are the household's",
    key=("person", "year"),
    row_key=(("LopNr", "person"), ("year", "year")),
    table="sos_bistand_{year}",
    words=(frozenset({"bistand"}), frozenset({"biståndsmottagare"}), frozenset({"bistandsmottagare"})),
    years=(1983, 2030),
    columns=(
        person(),
        Column("household", "LopNr_HushallId", "integer", "Serial number of the household", aliases=("HushallId",)),
        Column("municipality", "Kommun", "code", "Municipality that pays", width=4, required=False),
        Column("district", "Distrikt", "integer", "District of Stockholm (1-14)", required=False),
        Column("household_type", "Hushallstyp", "code", "Type of household", required=False),
        *(
            Column(
                f"month_{m:02d}",
                f"Bist_{m:02d}",
                "integer",
                "1 in a month with assistance",
                codes=codes(_0="no", _1="yes"),
            )
            for m in range(1, 13)
        ),
        *(
            Column(f"amount_{m:02d}", f"Belopp_{m:02d}", "amount", "Amount of the month", unit="SEK")
            for m in range(1, 13)
        ),
    ),
    canonical=(
        ("month", "int64", "12 x year + month - 1; only months with assistance"),
        ("amount", "int64", "SEK to the household in the month"),
    ),
)
UNEMPLOYMENT_INSURANCE = Contract(
    register="unemployment_insurance",
    title="Unemployment insurance paid",
    source="IAF",
    grain="person and month with payment",
    key=("person", "month"),
    row_key=(("LopNr", "person"), ("month", "month")),
    table="iaf_ersattning",
    words=(frozenset({"iaf"}), frozenset({"utbet"})),
    required=False,
    without="no study may read unemployment insurance, as a covariate (insurance_12) or as an outcome: it would be zero for everybody",
    columns=(
        person(),
        Column("calendar_year", "Ar", "integer", "Year", aliases=("År",)),
        Column("calendar_month", "Manad", "integer", "Month (1-12)", aliases=("Månad",)),
        Column("days", "Ersdagar", "integer", "Days paid", unit="days"),
        Column("amount", "Belopp", "amount", "Amount paid", unit="SEK"),
    ),
    canonical=(("month", "int64", "12 x year + month - 1"),),
)
MIGRATION = Contract(
    register="migration",
    title="Immigration and emigration",
    source="Statistics Sweden",
    grain="move into or out of Sweden",
    key=("person", "month", "kind"),
    row_key=(("LopNr", "person"), ("month", "month")),
    table="scb_invutv",
    words=(frozenset({"invutv"}),),
    may_be_empty=True,
    columns=(
        person(),
        Column("when", "InvUtvManad", "text", "Month of the move (YYYYMM)"),
        Column("kind", "Posttyp", "code", "In or out", codes=codes(Inv="immigration", Utv="emigration")),
    ),
    canonical=(("month", "int64", "12 x year + month - 1"), ("kind", "string", "'in' or 'out'")),
)
DEATHS = Contract(
    register="deaths",
    title="Deaths",
    source="Statistics Sweden",
    grain="person who has died",
    key=("person",),
    row_key=(("LopNr", "person"),),
    table="scb_doda",
    words=(frozenset({"doda"}), frozenset({"döda"})),
    may_be_empty=True,
    columns=(
        person(),
        Column("when", "DodDatum", "text", "Date of death (YYYYMMDD, month and day may be missing)"),
    ),
    canonical=(
        ("month", "int64", "12 x year + month - 1; June where the month is unknown"),
        ("incomplete", "boolean", "whether month or day was missing"),
    ),
)
