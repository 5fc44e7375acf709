"""Measurements, each a program of its own; pytest does not collect them."""
