"""Tables of the delivery: names, columns and types as each authority spells them.

Codes are text (with leading zeros and padding blanks), amounts and days are integers, serial numbers are int64.
"""

from __future__ import annotations

import pyarrow as pa

from synthetic_registers.history import YEARS

_TEXT, _INT, _SERIAL, _DATE = pa.string(), pa.int32(), pa.int64(), pa.date32()
_TYPES = {"text": _TEXT, "int": _INT, "serial": _SERIAL, "date": _DATE}


def _fields(spec: str) -> list[pa.Field]:
    """Fields from ``"name:type name:type? ..."``; a question mark allows missing values."""
    fields = []
    for part in spec.split():
        name, kind = part.split(":")
        fields.append(pa.field(name, _TYPES[kind.rstrip("?")], nullable=kind.endswith("?")))
    return fields


_LISA_BACKGROUND = """
    SenPNr:text Kon:text FodelseAr:text Lan:text Kommun:text Civil:text FamTypF:text
    Barn0_3:int Barn4_6:int Barn7_10:int Barn11_15:int Barn16_17:int Barn18plus:int
    FodGrEg4:text UtlSvBakg:text SenInvAr:text Sun2000niva_old:text StudDeltTyp:text StudDelt:text
"""
_LISA_INCOME = """
    LoneInk:int InkFNetto:int Raks_EkBisInk:int SocBidrFam:int Akassa:int AmPol:int
    ALosDag:int ADelDag:int TillfTimDag:int AStuDag:int ASysDag:int ANysDag:int ArbSokNov:text
    SjukPP:int SjukP_Ndag_MiDAS:int SjukErs:int AktErs:int SektorKod:text YrkStalln:text DispInk04:int
    Raks_Huvudanknytning:text Raks_EtablGrad:text? Raks_EtablGrans:int Raks_SumMan:int
"""
_MONTHS = tuple(f"{month:02d}" for month in range(1, 13))


def lisa_key(year: int) -> str:
    """Name of the person key in LISA of a year; the spelling changes from one delivery to the next."""
    return "P1105_LopNr_PersonNr" if year % 2 == 0 else "P1105_LOPNR_PERSONNR"


def lisa_status(year: int) -> tuple[str, ...]:
    """Names of the employment status in LISA of a year: the old method to 2011, the new from 2011."""
    return (("SyssStatJ",) if year <= 2011 else ()) + (("SyssStat11",) if year >= 2011 else ())


def _lisa(year: int) -> pa.Schema:
    status = " ".join(f"{name}:text" for name in lisa_status(year))
    return pa.schema(_fields(f"{lisa_key(year)}:serial {_LISA_BACKGROUND} {status} {_LISA_INCOME}"))


def _tables() -> dict[str, pa.Schema]:
    ku = _fields("LopNr_PersonNr:serial LopNr_PeOrgNr:serial KuLon:serial Manadfr:text Manadtill:text SektorKod:text")
    sos = _fields(
        "LopNr:serial LopNr_HushallId:serial? Kommun:text Distrikt:text Hushallstyp:text "
        + " ".join(f"Bist_{m}:int" for m in _MONTHS)
        + " "
        + " ".join(f"Belopp_{m}:int" for m in _MONTHS)
    )
    tables = {f"lisa_individ_{year}": _lisa(year) for year in YEARS}
    tables |= {f"ku_{year}": pa.schema(ku) for year in YEARS}
    tables |= {f"sos_bistand_{year}": pa.schema(sos) for year in YEARS}
    others = {
        "af_insper": "Person_LopNr:serial InskrivNr:int InskrivDatum:date AvregDatum:date? Avorsak:text?",
        "af_sokatper": "Person_LopNr:serial LopRad:int inskadm:date utskadm:date? skat:text ahkp:text",
        "iaf_ersattning": "PersonLopNr:serial Ar:int Manad:int Ersdagar:int Belopp:int",
        "scb_invutv": "Lopnr_PersonNr:serial InvUtvManad:text Posttyp:text",
        "scb_doda": "LopNr:serial DodDatum:text",
        "jobbtorg_inskrivning": (
            "PersonNr12:text InskrivId:serial Jobbtorg:text StadsdelRemiss:text? RemissDatum:date "
            "InskrivDatum:date AvslutDatum:date? AvslutOrsak:text? Malgrupp:text ForsorjningVidStart:text"
        ),
        "jobbtorg_insats": "InskrivId:serial InsatsId:serial InsatsTyp:text FromDatum:date TomDatum:date? Omfattning:int",
        "jobbtorg_visstid": (
            "PersonNr12:text AnstId:serial AnstTyp:text Forvaltning:text FromDatum:date TomDatumPlan:date "
            "TomDatumFaktisk:date? Sysselsgrad:int AvbrottOrsak:text?"
        ),
        "jobbtorg_narvaro": "PersonNr12:text Datum:date Status:text",
        "jobbtorg_steg": "PersonNr12:text Datum:date Steg:int",
        "nyckel": "PersonNr12:text LopNr:serial SenPNr:text",
    }
    return tables | {name: pa.schema(_fields(spec)) for name, spec in others.items()}


TABLES: dict[str, pa.Schema] = _tables()
