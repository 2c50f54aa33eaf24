"""How single cells are read: each function gives what is kept, or raises BadCell with a word that pages know.

What only changes how text looks is taken out without a word, as in every form; what stands for nothing is refused.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from fundraising import iban
from fundraising.contacts.rules import OrganisationKind, Salutation, tidy_postcode
from fundraising.contacts.rules.organisations import Denomination, Role, SchoolLevel
from fundraising.contacts.rules.registers import NotRegistered, brin_number, kvk_number, rsin_number
from fundraising.iban import InvalidIban
from fundraising.imports.rules import plain, shown
from fundraising.imports.rules.cells import BadCell
from fundraising.marks import without_heaps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fundraising.imports.rules import Value

T = TypeVar("T")

_UNUSABLE = {"Cc", "Co", "Cn", "Cs"}
_IN_NO_NAME = re.compile(r"[<>{}\[\]|\\@]|://|www\.", re.IGNORECASE)
# What stands under a table that adds up.
_UNDER_A_TABLE = frozenset({"totaal", "subtotaal", "eindtotaal", "total", "subtotal"})
_MOST_MEMBERS = 1_000_000


def line(value: Value, longest: int) -> str:
    """One line of text."""
    composed = unicodedata.normalize("NFC", without_heaps(shown(value)))
    visible = "".join(sign for sign in composed if unicodedata.category(sign) != "Cf")
    text = " ".join(visible.split())
    if any(unicodedata.category(sign) in _UNUSABLE for sign in text):
        raise BadCell("unusable_signs")
    if len(text) > longest:
        raise BadCell("too_long")
    return text


def name(value: Value, longest: int) -> str:
    """A name, or a part of one: no markup, no address of a website, not only signs and digits, no line of totals."""
    text = line(value, longest)
    if _IN_NO_NAME.search(text) or not any(sign.isalpha() for sign in text) or plain(text) in _UNDER_A_TABLE:
        raise BadCell("not_a_name")
    return text


def prefix(value: Value) -> str:
    """The words before a surname, which may be an apostrophe and a letter."""
    return name(value, 40)


def email(value: Value) -> str:
    """An e-mail address in the form that mail servers use; nobody is asked for it."""
    text = line(value, 320).removeprefix("mailto:")
    try:
        return validate_email(text, check_deliverability=False, allow_smtputf8=False).ascii_email or ""
    except EmailNotValidError as wrong:
        raise BadCell("not_an_email") from wrong


def phone(value: Value) -> str:
    """A telephone number in E.164; one that lost its first 0 as a number in a sheet gets it back."""
    text = line(value, 60)
    if isinstance(value, Decimal) and len(text) == len("612345678"):
        text = f"0{text}"
    try:
        number = phonenumbers.parse(text, "NL")
    except phonenumbers.NumberParseException as wrong:
        raise BadCell("not_a_phone") from wrong
    if not phonenumbers.is_valid_number(number):
        raise BadCell("not_a_phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def account(value: Value) -> str:
    """An IBAN without spaces."""
    try:
        return iban.check(line(value, 60)).compact
    except InvalidIban as wrong:
        raise BadCell("not_an_iban") from wrong


def kvk(value: Value) -> str:
    """A number of the trade register; a sheet drops zeros in front."""
    return _registered(kvk_number, re.sub(r"[\s.]", "", line(value, 30)).zfill(8), "not_a_kvk")


def rsin(value: Value) -> str:
    """A legal body's tax number; a sheet drops zeros in front, and a VAT number has the country before it."""
    return _registered(rsin_number, re.sub(r"[\s.]", "", line(value, 30)).removeprefix("NL").zfill(9), "not_an_rsin")


def brin(value: Value) -> str:
    """A BRIN, with or without the two digits of a branch."""
    return _registered(brin_number, line(value, 30), "not_a_brin")


def _registered(check: Callable[[str], str], text: str, code: str) -> str:
    try:
        return check(text)
    except NotRegistered as wrong:
        raise BadCell(code) from wrong


def postcode(value: Value) -> str:
    """A postcode, a Dutch one as `1234 AB`."""
    return tidy_postcode(line(value, 12))


def country(value: Value) -> str:
    """A country by its two letters; the Netherlands and its neighbours by name too."""
    text = line(value, 60)
    found = _COUNTRIES.get(plain(text), text.upper())
    if not re.fullmatch(r"[A-Z]{2}", found):
        raise BadCell("not_a_country")
    return found


def whole_number(value: Value, most: int = _MOST_MEMBERS) -> int:
    """A number of 0 or more, perhaps with dots between thousands."""
    text = re.sub(r"(?<=\d)[.\s](?=\d{3}(\D|$))", "", line(value, 30))
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(most)) or int(text) > most:
        raise BadCell("not_a_number")
    return int(text)


def yes_or_no(value: Value) -> bool:
    """Whether somebody agreed."""
    return _chosen(value, _YES_NO)


def salutation(value: Value) -> Salutation:
    """How a person is addressed; a title that fits everyone says nothing."""
    return _chosen(value, _SALUTATIONS)


def organisation_kind(value: Value) -> OrganisationKind:
    """What kind of organisation."""
    return _chosen(value, _KINDS)


def denomination(value: Value) -> Denomination:
    """A church body, by its letters or its name."""
    return _chosen(value, _DENOMINATIONS)


def level(value: Value) -> SchoolLevel:
    """A level of education."""
    return _chosen(value, _LEVELS)


def role(value: Value) -> Role:
    """What a person is in an organisation; what we have no word for is another role."""
    return _ROLES.get(plain(line(value, 200)), Role.OTHER)


def _chosen(value: Value, words: Mapping[str, T]) -> T:
    found = words.get(plain(line(value, 200)))
    if found is None:
        raise BadCell("not_a_choice")
    return found


def _words(**choices: tuple[T, str]) -> dict[str, T]:
    return {plain(word): choice for choice, words in choices.values() for word in words.split(",")}


_COUNTRIES = {"nederland": "NL", "netherlands": "NL", "thenetherlands": "NL", "holland": "NL", "belgie": "BE"} | {
    "belgium": "BE",
    "duitsland": "DE",
    "germany": "DE",
}
_YES_NO = _words(yes=(True, "ja,j,yes,y,1,x,waar,true,v"), no=(False, "nee,n,no,0,onwaar,false"))
_SALUTATIONS = _words(
    mr=(Salutation.MR, "dhr,de heer,heer,meneer,m,man,mr,male,de hr"),
    mrs=(Salutation.MRS, "mevr,mevrouw,mw,mev,v,vrouw,mrs,ms,miss,female,f,mejuffrouw"),
    unknown=(Salutation.UNKNOWN, "o,onbekend,x,ds,dr,drs,ir,prof,pastor,pastoor,familie,fam,dhr/mevr,dhr/mw,unknown"),
)
_KINDS = _words(
    church=(OrganisationKind.CHURCH, "church,kerk,gemeente,kerkelijke gemeente,parochie,kerkgemeente"),
    diaconie=(OrganisationKind.DIACONIE, "diaconie,diakonie,deaconry"),
    school=(OrganisationKind.SCHOOL, "school,basisschool,middelbare school,onderwijs,onderwijsinstelling"),
    company=(OrganisationKind.COMPANY, "company,bedrijf,onderneming,bv"),
    fund=(OrganisationKind.FUND, "fund,fonds,vermogensfonds,foundation"),
    other=(OrganisationKind.OTHER, "other,overig,anders,stichting,vereniging,instelling"),
)
_DENOMINATIONS = _words(
    pkn=(Denomination.PKN, "pkn,protestantse kerk in nederland,protestantse kerk,protestants,hervormd,gereformeerd,ph"),
    rk=(Denomination.RK, "rk,rooms-katholiek,rooms-katholieke kerk,katholiek,r.k."),
    cgk=(Denomination.CGK, "cgk,christelijk gereformeerd,christelijke gereformeerde kerk"),
    ngk=(Denomination.NGK, "ngk,gkv,nederlandse gereformeerde kerken,vrijgemaakt,gereformeerd vrijgemaakt"),
    hhk=(Denomination.HHK, "hhk,hersteld hervormd,hersteld hervormde kerk"),
    gg=(Denomination.GG, "gg,gereformeerde gemeente,gereformeerde gemeenten"),
    ggin=(Denomination.GGIN, "ggin,gereformeerde gemeente in nederland,gereformeerde gemeenten in nederland"),
    ogg=(Denomination.OGG, "ogg,oud gereformeerd,oud gereformeerde gemeente"),
    baptist=(Denomination.BAPTIST, "baptist,baptisten,baptistengemeente,unie abc"),
    veg=(Denomination.VEG, "veg,vrije evangelische gemeente,vrij evangelisch"),
    vpe=(Denomination.VPE, "vpe,evangelisch,pinkster,pinkstergemeente,evangelische gemeente"),
    army=(Denomination.SALVATION_ARMY, "salvation_army,leger des heils,salvation army"),
    migrant=(Denomination.MIGRANT, "migrant,migrantenkerk,migrantengemeente"),
    ecumenical=(Denomination.ECUMENICAL, "ecumenical,oecumenisch"),
    other=(Denomination.OTHER, "other,overig,anders"),
)
_LEVELS = _words(
    po=(SchoolLevel.PO, "po,primair onderwijs,basisonderwijs,basisschool,bao"),
    so=(SchoolLevel.SO, "so,speciaal onderwijs,sbo,vso"),
    vo=(SchoolLevel.VO, "vo,voortgezet onderwijs,middelbaar,vmbo,havo,vwo,gymnasium"),
    mbo=(SchoolLevel.MBO, "mbo,middelbaar beroepsonderwijs,roc"),
    hbo=(SchoolLevel.HBO, "hbo,hogeschool,hoger beroepsonderwijs"),
    wo=(SchoolLevel.WO, "wo,universiteit,wetenschappelijk onderwijs"),
)
_ROLES = {plain(each.value): each for each in Role} | _words(
    contact=(Role.CONTACT, "contactpersoon,contact person"),
    minister=(Role.MINISTER, "dominee,ds,predikante,minister"),
    priest=(Role.PRIEST, "priester,priest"),
    pastor=(Role.PASTOR, "pastor,voorgangster"),
    clerk=(Role.CLERK, "scriba kerkenraad,kerkelijk secretaris"),
    warden=(Role.CHURCHWARDEN, "kerkvoogd,rentmeester"),
    mission=(Role.MISSION, "zwo-commissie,zending,zendingscommissie,zwo commissie,voorzitter zwo"),
    deacon=(Role.DEACON, "diacoon,diacones,deacon,voorzitter diaconie"),
    treasurer=(Role.TREASURER, "penningmeester diaconie,treasurer,boekhouder"),
    sexton=(Role.SEXTON, "beheerder"),
    secretary=(Role.SECRETARY, "secretaresse,secretary,administratie"),
    director=(Role.DIRECTOR, "director,rector,schoolleider,directrice,teamleider"),
    teacher=(Role.TEACHER, "leraar,lerares,leerkracht,docente,teacher"),
    member=(Role.MEMBER, "gemeentelid,member"),
)
