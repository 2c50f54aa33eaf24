"""The columns that a sheet of contacts may have, by the words that stand above them and by what stands in them."""

from __future__ import annotations

import re

from fundraising.imports.rules import Meaning

_EMAIL = re.compile(r"[^@\s;,]+@[^@\s;,]+\.[^@\s;,]{2,}")
_POSTCODE = re.compile(r"[1-9][0-9]{3}\s?[A-Za-z]{2}")
_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}(\s?[A-Za-z0-9]{4}){2,7}(\s?[A-Za-z0-9]{1,3})?")
_PHONE = re.compile(r"(\+|00|0)[0-9][0-9\s()/-]{7,15}")
_BRIN = re.compile(r"[0-9]{2}[A-Za-z]{2}([0-9]{2})?")
_SALUTATION = re.compile(r"(de\s)?(dhr|heer|mevr?|mw|mevrouw|mr|mrs|ms)\.?", re.IGNORECASE)

NUMBER = "number"
KIND = "kind"
NAME = "name"
CONSENT = "newsletter"
CHURCH = "belongs_to"
BEGINS, ENDS = "role_from", "role_until"

COLUMNS = (
    Meaning(NUMBER, ("relatienummer", "ons nummer", "contactnummer", "relation number", "contact number")),
    Meaning(KIND, ("soort", "soort organisatie", "type", "type organisatie", "organisatietype", "organisation type")),
    Meaning(
        NAME,
        (
            "naam organisatie",
            "organisatie",
            "organisatienaam",
            "kerk",
            "naam kerk",
            "gemeente",
            "kerkelijke gemeente",
            "school",
            "naam school",
            "schoolnaam",
            "instellingsnaam",
            "bedrijf",
            "bedrijfsnaam",
            "instelling",
            "organisation",
            "organization",
            "organisation name",
            "church",
            "company",
            "vestigingsnaam",
        ),
    ),
    Meaning("denomination", ("kerkgenootschap", "denominatie", "kerkverband", "stroming", "denomination")),
    Meaning(
        CHURCH,
        (
            "diaconie van",
            "hoort bij",
            "hoort bij kerk",
            "bij kerk",
            "van kerk",
            "moederkerk",
            "belongs to",
            "deaconry of",
        ),
    ),
    Meaning("members", ("leden", "aantal leden", "ledental", "ledenaantal", "members", "number of members")),
    Meaning("level", ("onderwijssoort", "onderwijs", "schoolsoort", "schooltype", "niveau", "level", "education")),
    Meaning("brin", ("brin", "brinnummer", "brin nummer", "brincode", "vestigingsnummer"), _BRIN),
    Meaning("kvk", ("kvk", "kvknummer", "kvk nummer", "kamer van koophandel", "chamber of commerce")),
    Meaning("rsin", ("rsin", "rsinnummer", "fiscaal nummer", "anbi nummer", "tax number")),
    Meaning("salutation", ("aanhef", "aanspreekvorm", "geslacht", "salutation", "gender"), _SALUTATION),
    Meaning("given_name", ("voorletters", "voorletter", "voornaam", "roepnaam", "initials", "first name")),
    Meaning("prefix", ("tussenvoegsel", "tussenvoegsels", "voorvoegsel", "tv", "prefix", "infix")),
    Meaning("surname", ("achternaam", "familienaam", "geslachtsnaam", "surname", "last name", "family name")),
    Meaning(
        "whole_name",
        (
            "contactpersoon",
            "naam contactpersoon",
            "contact",
            "naam",
            "volledige naam",
            "contact person",
            "full name",
            "ter attentie van",
            "tav",
        ),
    ),
    Meaning("role", ("functie", "rol", "taak", "ambt", "role", "position", "job title")),
    Meaning(
        BEGINS,
        ("functie sinds", "in functie sinds", "rol vanaf", "sinds", "aangetreden", "role since", "in office since"),
    ),
    Meaning(ENDS, ("functie tot", "in functie tot", "rol tot", "afgetreden", "role until", "in office until")),
    Meaning(
        "person_email",
        (
            "e-mail contactpersoon",
            "email contactpersoon",
            "e-mailadres contactpersoon",
            "persoonlijk e-mailadres",
            "contact e-mail",
            "contact email",
            "personal e-mail",
        ),
    ),
    Meaning(
        "person_phone",
        (
            "telefoon contactpersoon",
            "telefoonnummer contactpersoon",
            "mobiel",
            "mobiele telefoon",
            "mobiel nummer",
            "contact phone",
            "mobile",
        ),
    ),
    Meaning("address", ("adres", "straat en huisnummer", "straat + huisnummer", "bezoekadres", "postadres", "address")),
    Meaning("street", ("straat", "straatnaam", "street")),
    Meaning("house_number", ("huisnummer", "huisnr", "nr", "nummer", "house number")),
    Meaning("addition", ("toevoeging", "huisnummertoevoeging", "huisletter", "addition")),
    Meaning("postcode", ("postcode", "pc", "postal code", "zip"), _POSTCODE),
    Meaning("town", ("plaats", "woonplaats", "plaatsnaam", "vestigingsplaats", "stad", "town", "city", "place")),
    Meaning("country", ("land", "landcode", "country")),
    Meaning(
        "email",
        (
            "e-mail",
            "email",
            "e-mailadres",
            "emailadres",
            "mail",
            "mailadres",
            "e-mail algemeen",
            "e-mail kerk",
            "e-mail organisatie",
            "e-mail school",
            "e-mail address",
        ),
        _EMAIL,
    ),
    Meaning("phone", ("telefoon", "telefoonnummer", "tel", "telnr", "phone", "telephone"), _PHONE),
    Meaning("iban", ("iban", "rekeningnummer", "bankrekening", "rekening", "bank account"), _IBAN),
    Meaning(CONSENT, ("nieuwsbrief", "mailing", "toestemming", "opt-in", "newsletter", "consent")),
)
# Of which side of a row a column tells. What is on neither list is the organisation's where the row has one.
OF_PERSON = frozenset({"salutation", "given_name", "prefix", "surname", "whole_name", "role", "person_email"}) | {
    "person_phone",
    BEGINS,
    ENDS,
    CONSENT,
}
OF_ORGANISATION = frozenset({KIND, NAME, "denomination", "members", "level", "brin", "kvk", "rsin", CHURCH})
