"""Readers: one source of data a file."""
