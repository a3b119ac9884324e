"""Figures of the report: each module collects its data from a release, draws it in a language, and says in words what it shows."""
