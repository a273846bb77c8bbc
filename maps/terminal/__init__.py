"""What the command line prints.

=========  ====================================================
`console`  lines on the screen, and what went wrong
`lines`    a plan, and how it differs from another one
=========  ====================================================
"""
