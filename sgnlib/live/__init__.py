"""Mixing domains by hand."""
