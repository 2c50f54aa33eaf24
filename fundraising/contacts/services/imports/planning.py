"""Working out what each row of a sheet of contacts would do: whom it is about, what is new, what changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from fundraising.contacts.queries import current_ids
from fundraising.contacts.rules import ConsentState, OrganisationKind, full_name
from fundraising.contacts.rules.sheets import Choices, parse_row
from fundraising.contacts.rules.sheets.matching import STRONG, KeyKind, Part, Ref, Verdict, agree, judge, keys_of
from fundraising.contacts.services.imports.known import (
    Known,
    found_in_file,
    found_in_tables,
    note,
    staged_contacts,
    standing_contacts,
)
from fundraising.contacts.services.imports.merging import Change, changes_of, conflicts, new_rows, new_ways
from fundraising.contacts.services.imports.pieces import Piece, store_pieces
from fundraising.imports.rules import Outcome, Reason, StagedRow
from fundraising.imports.services.kinds import Examined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fundraising.contacts.rules.sheets import Facts, ParsedRow
    from fundraising.contacts.rules.sheets.matching import Key
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
        self._tables = found_in_tables(keys)
        self._file = found_in_file(run_id, keys)
        numbers = {number for found in self._tables.values() for number in found}
        numbers |= {facts.number for facts in wanted if facts.number}
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
            if (organisation, row.role.value) not in self._world[person].affiliations:
                self._add(Piece(person, Part.AFFILIATION, {"role": row.role.value}, other=organisation))
                effect.changes.append(Change("role", "", row.role.value))
        return effect

    def _settle(self, subject: _Subject, row: ParsedRow, effect: _Effect) -> Ref:
        """The contact of a row, made where there is none, with what the row adds to it."""
        facts, match = subject.facts, subject.verdict.match
        if match is None:
            ref = self._make(subject, row.line)
            effect.made = True
            effect.doubts += self._doubts(ref, subject)
        else:
            ref = match
            known = self._world[ref]
            changes = changes_of(known, facts)
            for part, fields in changes.rows.items():
                self._rewrite(known, part, fields)
            effect.changes += changes.told
            effect.doubts += self._told(subject)
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
        for part, fields in new_rows(subject.facts).items():
            self._add(Piece(ref, part, fields))
        return ref

    def _doubts(self, ref: Ref, subject: _Subject) -> list[dict[str, Any]]:
        alike = sorted(subject.verdict.doubts, key=lambda each: (-each.score, each.ref))[:_MOST_DOUBTS]
        for likeness in alike:
            reasons = sorted({_REASONS[kind] for kind in likeness.shared} | {"name"})
            fields = {"reasons": ",".join(reasons)[:64], "score": likeness.score}
            self.pieces.append(Piece(ref, Part.DUPLICATE, fields, other=likeness.ref))
        return self._told(subject)

    @staticmethod
    def _told(subject: _Subject) -> list[dict[str, Any]]:
        alike = sorted(subject.verdict.doubts, key=lambda each: (-each.score, each.ref))[:_MOST_DOUBTS]
        return [
            {
                "contact": 0 if each.ref.new else each.ref.number,
                "line": each.ref.number // 2 if each.ref.new else 0,
                "score": each.score,
                "shared": sorted({_REASONS[kind] for kind in each.shared}),
            }
            for each in alike
        ]

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


def _label(row: ParsedRow) -> str:
    parts = [row.organisation.organisation_name] if row.organisation else []
    parts += [full_name(row.person.name)] if row.person else []
    return " – ".join(part for part in parts if part)


def _told(effect: _Effect) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if effect.changes:
        told["changes"] = [[change.what, change.before, change.after] for change in effect.changes]
    if effect.doubts:
        told["doubts"] = effect.doubts
    if effect.contacts:
        told["contacts"] = effect.contacts
    return told
