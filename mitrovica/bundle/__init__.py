"""A folder for a machine without a network: the program, all that it needs, and a starter.

``make bundle`` makes it; `start` is the starter, which the folder holds.
"""
