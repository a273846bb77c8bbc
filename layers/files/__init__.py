"""What a run's files are called, what each says at its head, and how they are written whole.

Start with `staging`, which writes a folder whole or not at all; `handling` says what heads a file.
"""
