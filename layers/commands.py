"""Commands of the program as messages give them, to be pasted into a shell."""

import shlex


def command(*words: object, **options: object) -> str:
    """Return a command, quoted for a shell.

    A word or an option that is None or False is left out; of an option that is True its name is
    all there is, and a list gives it several times.

    Examples
    --------
    >>> command("fetch", study="my area", from_="a.osm", store=None, refresh=True)
    "mitrovica fetch --study 'my area' --from a.osm --refresh"
    """
    parts = ["mitrovica", *(str(word) for word in words if word is not None)]
    for name, value in options.items():
        option = f"--{name.rstrip('_').replace('_', '-')}"
        for each in value if isinstance(value, list | tuple) else [value]:
            if each is True:
                parts.append(option)
            elif each is not None and each is not False:
                parts += [option, str(each)]
    return shlex.join(parts)
