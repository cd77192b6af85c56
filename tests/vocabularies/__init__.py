"""Holds the vocabularies against the source of the releases that they speak of."""
