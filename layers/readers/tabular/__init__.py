"""Tables of a study's folder: text and workbooks, read by the columns of the schema.

`table_file` reads a file; `text` and `workbooks` make raw `tables` of it, and `rows` their values,
by the rules of `parsing`.  What is wrong is a fault, by row and column.
"""
