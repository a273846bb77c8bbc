"""Writers: one output format a file."""
