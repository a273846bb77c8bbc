"""The log of what patrols find: one GeoPackage in the user's data folder, never sent to others.

`planned` gives a plan's stops as the log and the visit form hold them; `pages` reads what crews
filled in, `tracks` where they drove; `adding` puts files into a log, each record once; `store`
keeps the log in its file; `keeping` merges and purges it.
"""
