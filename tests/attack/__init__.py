"""An attacker on what a run writes, with everything public: code, network and parameters.

`folder` reads all that a folder holds, `targets` states what the table of sightings tells by
itself and scores a guess against it, `methods` lists the attacks.  `leaks` makes folders that leak
in ways that the attacks must find; `planted` makes the input.
"""
