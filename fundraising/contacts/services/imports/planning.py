"""Working out what each row of a sheet of contacts would do: whom it is about, what is new, what changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from fundraising.clock import today
from fundraising.contacts.queries import current_ids
from fundraising.contacts.queries.merges import line_above
from fundraising.contacts.rules import ConsentState, OrganisationKind, full_name, match_name
from fundraising.contacts.rules.folding import folded
from fundraising.contacts.rules.refusals import Refusal
from fundraising.contacts.rules.sheets import Choices, parse_row
from fundraising.contacts.rules.sheets.columns import BEGINS, CHURCH
from fundraising.contacts.rules.sheets.matching import STRONG, Key, KeyKind, Part, Ref, Verdict, agree, judge, keys_of
from fundraising.contacts.rules.terms import check_likely
from fundraising.contacts.services.imports.columns import rows_of
from fundraising.contacts.services.imports.known import (
    Known,
    ended,
    found_in_file,
    found_in_tables,
    note,
    staged_contacts,
    standing_contacts,
)
from fundraising.contacts.services.imports.merging import Change, changes_of, conflicts, new_ways
from fundraising.contacts.services.imports.pieces import Piece, store_pieces
from fundraising.imports.rules import Outcome, Reason, StagedRow
from fundraising.imports.services.kinds import Examined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fundraising.contacts.rules.sheets import Facts, ParsedRow
    from fundraising.contacts.rules.sheets.matching import Likeness
    from fundraising.imports.rules import SheetRow
    from fundraising.imports.services.kinds import Run

# Of a mailbox that very many share, some are enough for staff to see that it is shared.
_MOST_DOUBTS = 5
_ORGANISATION, _PERSON = 0, 1


@dataclass(slots=True)
class _Subject:
    """One of the two that a row can be about, and whom it is found to be."""

    facts: Facts
    verdict: Verdict
    # By their own numbers, also when they were merged: what a later look must not find more of.
    seen: set[int]


@dataclass(slots=True)
class _Effect:
    """What a row does."""

    made: bool = False
    changes: list[Change] = field(default_factory=list)
    doubts: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[int] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        if self.made:
            return Outcome.NEW
        return Outcome.CHANGED if self.changes else Outcome.DUPLICATE


def choices_of(told: Mapping[str, str]) -> Choices:
    """The choices made beside the columns. Raises ValueError for a kind that there is not."""
    kind = OrganisationKind(told.get("kind") or OrganisationKind.OTHER)
    return Choices(kind, " ".join(told.get("consent_source", "").split())[:64])


def examine(run: Run, rows: Sequence[SheetRow]) -> Examined:
    """What becomes of these rows, after those further up."""
    choices = choices_of(run.choices)
    parsed = [parse_row(row, choices) for row in rows]
    plan = _Plan(run.run_id, choices, parsed)
    staged = [plan.stage(told, row.cells) for told, row in zip(parsed, rows, strict=True)]
    return Examined(staged, partial(store_pieces, run.run_id, plan.pieces, plan.keys, plan.rewritten))


class _Plan:
    """What some hundreds of rows do, one after the other."""

    def __init__(self, run_id: int, choices: Choices, rows: Sequence[ParsedRow]) -> None:
        self.run_id = run_id
        self.choices = choices
        self.pieces: list[Piece] = []
        self.keys: list[tuple[Key, int]] = []
        # Rows staged before these that come out otherwise now.
        self.rewritten: dict[tuple[Ref, Part], dict[str, Any]] = {}
        wanted = [facts for row in rows for facts in (row.organisation, row.person) if facts and not row.errors]
        keys = {key for facts in wanted for key in keys_of(facts)}
        keys |= {Key(KeyKind.NAME, match_name(row.church)) for row in rows if row.church}
        self._tables = found_in_tables(keys)
        self._file = found_in_file(run_id, keys)
        numbers = {number for found in self._tables.values() for number in found}
        numbers |= {facts.number for facts in wanted if facts.number}
        numbers |= {int(row.church) for row in rows if is_number(row.church)}
        self._current = current_ids(numbers)
        self._world = standing_contacts(run_id, set(self._current.values()))
        self._world |= staged_contacts(run_id, {ordinal for found in self._file.values() for ordinal in found})

    def stage(self, row: ParsedRow, cells: tuple[str, ...]) -> StagedRow:
        """Work out one row, and let it count for those further down."""
        label = _label(row)
        errors = list(row.errors)
        subjects: list[_Subject] = []
        if not errors:
            subjects = [self._look(facts) for facts in (row.organisation, row.person) if facts is not None]
            errors = [reason for subject in subjects for reason in self._objections(subject)]
            errors += [*_term_objections(row), *self._link_objections(row, subjects)]
        if errors:
            return StagedRow(
                line=row.line, outcome=Outcome.ERROR, label=label, cells=cells, reasons=(*errors, *row.remarks)
            )
        effect = self._apply(row, subjects)
        remarks = [*row.remarks, *self._consent(row, subjects, effect)]
        return StagedRow(
            line=row.line,
            outcome=effect.outcome,
            label=label,
            cells=cells,
            reasons=tuple(remarks),
            doubtful=bool(effect.doubts),
            plan=_told(effect),
        )

    def _look(self, facts: Facts) -> _Subject:
        shared: dict[Ref, set[KeyKind]] = defaultdict(set)
        seen: set[int] = set()
        for key in keys_of(facts):
            for number in self._tables.get(key, ()):
                shared[Ref(new=False, number=self._current[number])].add(key.kind)
                if key.kind in STRONG:
                    seen.add(number)
            for ordinal in self._file.get(key, ()):
                shared[Ref(new=True, number=ordinal)].add(key.kind)
        candidates = [
            (ref, self._world[ref].facts, frozenset(kinds)) for ref, kinds in shared.items() if ref in self._world
        ]
        verdict = judge(facts, candidates)
        if facts.number:
            named = Ref(new=False, number=self._current[facts.number])
            verdict = Verdict(named if named in self._world else None, ())
        return _Subject(facts, verdict, seen)

    def _objections(self, subject: _Subject) -> list[Reason]:
        facts, match = subject.facts, subject.verdict.match
        if facts.number:
            if match is None:
                return [Reason("unknown_number", "number", str(facts.number))]
            if facts.kind is not self._world[match].facts.kind or not agree(facts, self._world[match].facts):
                return [Reason("number_of_another", "number", str(facts.number))]
        return conflicts(self._world[match], facts) if match is not None else []

    def _apply(self, row: ParsedRow, subjects: list[_Subject]) -> _Effect:
        effect = _Effect()
        refs = [self._settle(subject, row, effect) for subject in subjects]
        if len(refs) == 2:  # noqa: PLR2004  an organisation and a person
            organisation, person = refs
            self._tie(person, organisation, row, effect)
        churches = self._churches(row) if row.church else []
        if churches and churches[0] not in self._world[refs[0]].parents:
            self._add(Piece(refs[0], Part.LINK, {}, other=churches[0]))
            effect.changes.append(Change(CHURCH, "", self._world[churches[0]].facts.organisation_name))
        return effect

    def _tie(self, person: Ref, organisation: Ref, row: ParsedRow, effect: _Effect) -> None:
        role, begins, ends = row.role.value, row.term.valid_from, row.term.valid_until
        if (organisation, role, ended(ends)) in self._world[person].affiliations:
            return
        days = {"valid_from": begins and begins.isoformat(), "valid_until": ends and ends.isoformat()}
        self._add(Piece(person, Part.AFFILIATION, {"role": role} | days, other=organisation))
        effect.changes.append(Change("role", "", role))

    def _churches(self, row: ParsedRow) -> list[Ref]:
        """The churches that a row can mean: by number; by name, and where several have it, in the same town."""
        if is_number(row.church):
            named = {Ref(new=False, number=self._current[int(row.church)])}
        else:
            key = Key(KeyKind.NAME, match_name(row.church))
            named = {Ref(new=False, number=self._current[number]) for number in self._tables.get(key, ())}
            named |= {Ref(new=True, number=number) for number in self._file.get(key, ())}
        facts = {ref: self._world[ref].facts for ref in sorted(named) if ref in self._world}
        churches = [ref for ref in facts if facts[ref].organisation_kind is OrganisationKind.CHURCH]
        here = folded(row.organisation.town) if row.organisation else ""
        near = [ref for ref in churches if folded(facts[ref].town) == here]
        return near if near and len(churches) > 1 else churches

    def _link_objections(self, row: ParsedRow, subjects: list[_Subject]) -> list[Reason]:
        """Why a diaconie cannot belong to the church that its row names."""
        if not row.church:
            return []
        churches, match = self._churches(row), subjects[0].verdict.match
        if len(churches) != 1:
            return [Reason("several_churches" if churches else "unknown_church", CHURCH, row.church)]
        known = self._world[match] if match is not None else None
        if known is None or churches[0] in known.parents:
            return []
        if known.parents:
            return [Reason("belongs_elsewhere", CHURCH, row.church)]
        if known.is_parent and not churches[0].new and known.ref.number in line_above(churches[0].number):
            return [Reason("circular", CHURCH, row.church)]
        return []

    def _settle(self, subject: _Subject, row: ParsedRow, effect: _Effect) -> Ref:
        """The contact of a row, made where there is none, with what the row adds to it."""
        facts, match = subject.facts, subject.verdict.match
        alike = sorted(subject.verdict.doubts, key=lambda each: (-each.score, each.ref))[:_MOST_DOUBTS]
        effect.doubts += map(_doubt_told, alike)
        if match is None:
            ref = self._make(subject, row.line)
            effect.made = True
            self._doubt(ref, alike)
        else:
            ref = match
            known = self._world[ref]
            changes = changes_of(known, facts)
            for part, fields in changes.rows.items():
                self._rewrite(known, part, fields)
            effect.changes += changes.told
            if not ref.new:
                effect.contacts.append(ref.number)
        ways = new_ways(self._world[ref], facts)
        for part, fields in ways:
            self._add(Piece(ref, part, fields))
            if match is not None:
                effect.changes.append(
                    Change(part.value, "", " ".join(str(value) for value in fields.values() if value))
                )
        self._index(ref, facts, subject.seen)
        return ref

    def _make(self, subject: _Subject, line: int) -> Ref:
        side = _ORGANISATION if subject.facts.organisation_name else _PERSON
        ref = Ref(new=True, number=2 * line + side)
        self._world[ref] = Known(ref, line=line)
        for part, fields in rows_of(subject.facts).items():
            self._add(Piece(ref, part, fields))
        return ref

    def _doubt(self, ref: Ref, alike: Iterable[Likeness]) -> None:
        for likeness in alike:
            reasons = sorted({_REASONS[kind] for kind in likeness.shared} | {"name"})
            fields = {"reasons": ",".join(reasons)[:64], "score": likeness.score}
            self.pieces.append(Piece(ref, Part.DUPLICATE, fields, other=likeness.ref))

    def _add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        note(self._world[piece.owner], piece.part, piece.fields, piece.other)

    def _rewrite(self, known: Known, part: Part, fields: dict[str, Any]) -> None:
        """Stage a row of a contact, or stage it otherwise than rows further up did."""
        if part in known.staged:
            mine = next((each for each in self.pieces if (each.owner, each.part) == (known.ref, part)), None)
            if mine is None:
                self.rewritten[known.ref, part] = fields
            else:
                mine.fields.clear()
                mine.fields.update(fields)
        else:
            self.pieces.append(Piece(known.ref, part, dict(fields), before=known.standing.get(part)))
        known.staged[part] = dict(fields)

    def _index(self, ref: Ref, facts: Facts, seen: set[int]) -> None:
        """Let a contact that this import makes be found by what this row tells of it."""
        if ref.new:
            self.pieces += [Piece(ref, Part.SEEN, {}, other=Ref(new=False, number=each)) for each in sorted(seen)]
            for key in keys_of(facts):
                if ref.number not in self._file[key]:
                    self._file[key].add(ref.number)
                    self.keys.append((key, ref.number))

    def _consent(self, row: ParsedRow, subjects: list[_Subject], effect: _Effect) -> list[Reason]:
        if row.newsletter is None:
            return []
        person = self._person_of(subjects, row)
        if person.spoke:
            # What somebody said themselves is not said otherwise by a list.
            return [Reason("consent_known", "newsletter")]
        state = ConsentState.GRANTED if row.newsletter else ConsentState.WITHDRAWN
        self._add(Piece(person.ref, Part.CONSENT, {"state": state.value, "source": self.choices.consent_source}))
        effect.changes.append(Change("newsletter", "", state.value))
        return []

    def _person_of(self, subjects: list[_Subject], row: ParsedRow) -> Known:
        match = subjects[-1].verdict.match
        return self._world[match or Ref(new=True, number=2 * row.line + _PERSON)]


_REASONS = {
    KeyKind.EMAIL: "email",
    KeyKind.IBAN: "iban",
    KeyKind.PLACE: "address",
    KeyKind.NAME: "name",
    KeyKind.KVK: "kvk",
    KeyKind.RSIN: "rsin",
    KeyKind.BRIN: "brin",
}


def _term_objections(row: ParsedRow) -> list[Reason]:
    days = (row.term.valid_from, row.term.valid_until)
    try:
        check_likely(days, today())
    except Refusal as refusal:
        return [Reason(refusal.reason.value, BEGINS, " – ".join(day.isoformat() for day in days if day))]
    return []


def is_number(church: str) -> bool:
    """Whether a church is named by our number for it."""
    return church.isascii() and church.isdecimal() and len(church) < len(str(2**31))


def _label(row: ParsedRow) -> str:
    parts = [row.organisation.organisation_name] if row.organisation else []
    parts += [full_name(row.person.name)] if row.person else []
    return " – ".join(part for part in parts if part)


def _doubt_told(alike: Likeness) -> dict[str, Any]:
    return {
        "contact": 0 if alike.ref.new else alike.ref.number,
        "line": alike.ref.number // 2 if alike.ref.new else 0,
        "score": alike.score,
        "shared": sorted({_REASONS[kind] for kind in alike.shared}),
    }


def _told(effect: _Effect) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if effect.changes:
        told["changes"] = [[change.what, change.before, change.after] for change in effect.changes]
    if effect.doubts:
        told["doubts"] = effect.doubts
    if effect.contacts:
        told["contacts"] = effect.contacts
    return told
