#!/bin/sh
# Starts the desk; what follows is given to `mitrovica` instead.
here=$(dirname "$(readlink -f "$0")")
version=$(cat "$here/python.txt")
python=$here/python/bin/python$version
[ -x "$python" ] || python=$(command -v "python$version") || {
    echo "Python $version is not installed. Fix: install the packages python$version and libstdc++6"
    exit 1
}
exec "$python" -I "$here/start.py" "$@"
