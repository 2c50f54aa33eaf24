"""Donor and fundraising management for a Dutch charity: the map of the house.

Imports run one way, from the top of this list to the bottom, and are enforced by import-linter.

========== =====================================================================================
app        create_app(config): extensions, blueprints, command line
operations the server, backup and restore, the whole ledger check, health, alerts, demo data
desk       what staff see: the front page, contacts, gifts, search; it reads every slice and changes few things
privacy    a person's file, erasing somebody, who is due for it; each slice states its own in `personal`
giving     public giving pages, donations, Mollie payments; the simulator stands beside them
gifts      the ledger: immutable entries, corrections, totals, closed years
contacts   people and organisations, addresses, IBANs, affiliations, consent, duplicates
programmes programmes, giving options, unit costs, figures
imports    spreadsheets coming in: stored, mapped, tried out, accepted; slices say what rows mean
accounts   staff: roles, permissions, sign-in; the audit trail
web        page plumbing: locale, headers, errors, logs, rate limits
mailer     the outbox of mail and its delivery
tasks      the queue and the jobs
db         engine, column types, transaction(), after_commit()
documents  stored files; pdf: the only WeasyPrint import
resources, money, clock, iban, logs, marks, personal
           packaged files; Euro; now() and today(); the only schwifty import; structured logs; marks upon
           letters; what a slice says of the personal data that it keeps
========== =====================================================================================
"""
