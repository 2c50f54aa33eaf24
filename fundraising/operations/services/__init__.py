"""Verbs of running the house."""
