"""Coverage: many small populations whose truth is known, the same estimators on each, and a table of how often the intervals were right."""
