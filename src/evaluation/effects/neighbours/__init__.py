"""Abadie-Imbens matching estimators: with replacement, all ties, bias adjusted, with their own variance."""
