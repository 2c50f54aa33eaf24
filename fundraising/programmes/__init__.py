"""Programmes, their giving options, unit costs and figures."""
