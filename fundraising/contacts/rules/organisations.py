"""What is known of organisations: denominations, kinds of school, and roles that people hold."""

from __future__ import annotations

from enum import StrEnum


class Denomination(StrEnum):
    """Dutch church bodies. NGK is what the GKv and the former NGK became in 2023."""

    PKN = "pkn"
    RK = "rk"
    CGK = "cgk"
    NGK = "ngk"
    HHK = "hhk"
    GG = "gg"
    GGIN = "ggin"
    OGG = "ogg"
    BAPTIST = "baptist"
    VEG = "veg"
    VPE = "vpe"
    SALVATION_ARMY = "salvation_army"
    MIGRANT = "migrant"
    ECUMENICAL = "ecumenical"
    OTHER = "other"


class SchoolLevel(StrEnum):
    """Levels of Dutch education."""

    PO = "po"
    SO = "so"
    VO = "vo"
    MBO = "mbo"
    HBO = "hbo"
    WO = "wo"


class Role(StrEnum):
    """What a person is in an organisation."""

    CONTACT = "contact"
    MINISTER = "predikant"
    PRIEST = "pastoor"
    PASTOR = "voorganger"
    CLERK = "scriba"
    ELDER = "ouderling"
    DEACON = "diaken"
    CHURCHWARDEN = "kerkrentmeester"
    MISSION = "zwo"
    TREASURER = "penningmeester"
    SEXTON = "koster"
    CHAIR = "voorzitter"
    SECRETARY = "secretaris"
    DIRECTOR = "directeur"
    TEACHER = "docent"
    MEMBER = "lid"
    OTHER = "other"


class AddressKind(StrEnum):
    """What an address is for."""

    POSTAL = "postal"
    VISITING = "visiting"


class Channel(StrEnum):
    """How somebody is best reached, and through what a consent was given."""

    EMAIL = "email"
    POST = "post"
    PHONE = "phone"
