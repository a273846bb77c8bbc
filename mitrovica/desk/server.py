"""The server of the desk: on this machine alone, on a port that is free."""

import asyncio
import contextlib
import socket
import threading
import webbrowser
from datetime import datetime
from pathlib import Path
from typing import Final

import uvicorn

from layers.complaints import UserError
from layers.files import pen
from mitrovica.desk import addresses, office
from mitrovica.desk.night import Night
from mitrovica.desk.office import Office
from mitrovica.desk.requests import Desk
from mitrovica.desk.safety import Door, Guard
from mitrovica.story import Outcome, Watch

LOOPBACK: Final = "127.0.0.1"
KEY: Final = "open.html"
"""The file that opens the desk."""


def serve(asked: Desk, watch: Watch) -> Outcome:
    """Serve the desk until it is stopped."""
    if not asked.folder.is_dir():
        raise UserError(
            f"{asked.folder} is no folder. Fix: name the folder of the office; mkdir makes one"
        )
    home = Office(asked)
    with (
        pen.held(asked.folder, datetime.now().astimezone()),
        socket.socket() as listening,
    ):
        office.make_folder(home)
        listening.bind((LOOPBACK, 0))
        # Who reads the key before the server is ready waits for it, and is not refused.
        listening.listen()
        door = Door(listening.getsockname()[1], home.own / KEY)
        door.renew()
        night = Night(home)
        watch.show(
            [
                f"The desk of {asked.folder.resolve()}: {door.file.resolve()} opens it in the "
                "browser. Ctrl-C ends it."
            ]
        )
        watch.step("The desk is open")
        try:
            _run(door, night, listening)
        finally:
            door.file.unlink(missing_ok=True)
            if night.job is not None:
                night.job.stop()
    return Outcome(["The desk is closed. What was edited is kept."])


def _run(door: Door, night: Night, listening: socket.socket) -> None:
    """Answer requests until the program is stopped."""
    config = uvicorn.Config(
        Guard(addresses.app(night, door), door),
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=64,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=16_384,
    )
    server = uvicorn.Server(config)
    for work in (lambda: _open(door.file), night.prepare):
        threading.Thread(target=work, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve(sockets=[listening]))


def _open(file: Path) -> None:
    """Open the file in the user's browser; the line in the terminal names it, too."""
    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(file.resolve().as_uri())
