"""Weighting by the score, whose estimation is part of the error; and the doubly robust estimator."""
