"""Regression adjustment, alone, weighted by the score, or on the matched sample."""
