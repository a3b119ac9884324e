"""One module per kind of table: which rows must be hidden. Every function takes frames and gives a boolean array, True = hide."""
