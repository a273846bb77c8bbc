"""Data in and out: readers bring data in, writers carry results out.

`layers.schema` names every column, dtype and unit, and nothing else does.
Readers and writers never import each other; both may use `geo`'s result types.
"""
