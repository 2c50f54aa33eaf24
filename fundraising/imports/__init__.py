"""Spreadsheets coming in: stored, mapped, tried out, accepted. Which rows mean what, other slices say (`Kind`)."""
