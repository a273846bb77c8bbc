"""Tasks on a cluster: Dask on this machine or at an address, or one after the other without it.

A task makes one file, whole or not at all, and one that is there is not made again.  So a worker
that is lost costs only its task, which Dask gives to another; and where the scheduler is lost, the
same command goes on with what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geo.arrays import Each, R, T
from geo.network.compiling import in_threads
from layers.complaints import extra

if TYPE_CHECKING:
    from distributed import Client

    from layers.cluster.jobs import Job

LOCAL: Final = "local"
NONE: Final = "none"
LARGE: Final = 50_000
"""Sightings from which on several processes are quicker than one."""
HERE: Final = "127.0.0.1"
_WAIT_S: Final = 10
"""How long a scheduler is waited for."""
_LOOK_S: Final = 5
"""How often it is looked whether it is still there."""


class ClusterError(RuntimeError):
    """The cluster cannot be used, or was lost."""


@contextmanager
def connected(
    address: str | None, workers: int | None = None, sightings: int = 0
) -> Iterator[Client | None]:
    """Yield a client of a cluster, or None for one process.

    ``local`` starts as many processes as this machine has cores, or `workers`, which listen on its
    loopback address only; ``tcp://HOST:PORT`` is a running scheduler, whose workers see the same
    folders and have the same version of this program; ``none`` is one process.  Without an address
    it is ``local`` from `LARGE` sightings on, where Dask is installed.  Raises `UserError`
    if Dask is not installed, `ClusterError` if no scheduler answers.

    Parameters
    ----------
    address : str or None
        ``local``, ``tcp://HOST:PORT`` or ``none``.
    workers : int, optional
        Processes of ``local``.
    sightings : int
        How many there are.
    """
    if address is None and sightings >= LARGE and find_spec("distributed"):
        address = LOCAL
    if address in (None, NONE):
        yield None
        return
    with extra("scale", "a cluster"):
        import dask  # noqa: PLC0415
        from distributed import Client  # noqa: PLC0415
    where: dict[str, Any] = {"address": address, "timeout": _WAIT_S}
    if address == LOCAL:
        where = {
            "n_workers": workers,
            "threads_per_worker": 1,
            "host": HERE,
            "dashboard_address": f"{HERE}:0",
            "worker_dashboard_address": None,
        }
    settings = {
        "distributed.comm.timeouts.connect": f"{_WAIT_S}s",
        "distributed.admin.large-graph-warning-threshold": "100GB",
    }
    with dask.config.set(settings):
        try:
            client = Client(**where)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"no scheduler answers at {address} ({error}). Fix: start one with `dask "
                "scheduler`, or say --cluster local"
            ) from error
        with client:
            yield client


def work(
    job: Job,
    client: Client | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> list[Path]:
    """Do the tasks of a job whose files are missing, and return all its files.

    Raises `ClusterError` if the scheduler is lost, or a task took several workers with it; what a
    task raises, such as `OSError` where the disk is full, is raised.
    """
    parts = list(job.numbers)
    missing = [number for number in parts if not job.target(number).is_file()]
    finished = len(parts) - len(missing)
    tasks: Iterable[Any] = map(job.make, missing)
    if client is not None:
        tasks = _ended_of(client, client.map(job.make, missing, pure=False))
    progress(finished, len(parts))
    for _ in tasks:
        finished += 1
        progress(finished, len(parts))
    return [job.target(number) for number in parts]


def each_on(client: Client | None) -> Each:
    """Return what calls a function with each item on a cluster, and yields results in order.

    The function goes to a worker once, with all that it holds; where a worker is lost, what it had
    is sent and done anew.  None calls in threads of this process.  Raises as `work`.
    """
    if client is None:
        return in_threads
    from distributed.protocol.pickle import dumps, loads  # noqa: PLC0415

    def each(function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        on_worker = client.submit(loads, dumps(function), pure=False)
        tasks = client.map(_call, [*items], function=on_worker, pure=False)
        for _ in _ended_of(client, tasks):
            pass
        return iter(client.gather(tasks))

    return each


def _call(item: T, function: Callable[[T], R]) -> R:
    return function(item)


def _ended_of(client: Client, tasks: list[Any]) -> Iterator[Any]:
    """Yield the results of tasks on a cluster as they end."""
    from distributed import CancelledError, KilledWorker  # noqa: PLC0415

    waiting = set(tasks)
    try:
        while waiting:
            ended = _ended(client, waiting)
            waiting -= ended
            yield from (future.result() for future in ended)
    except KilledWorker as error:
        raise ClusterError(
            f"a task took one worker after another with it ({error.task}), most likely for want of "
            "memory. Fix: fewer workers, or smaller tiles; the same command goes on from what is "
            "finished"
        ) from error
    except (CancelledError, OSError) as error:
        if client.status == "running":
            raise
        raise ClusterError(
            f"the scheduler was lost; {len(tasks) - len(waiting)} of {len(tasks)} parts of this "
            "step were finished. Fix: start it, then the same command; it goes on from finished "
            "parts"
        ) from error


def _ended(client: Client, waiting: set[Any]) -> set[Any]:
    """Return the tasks that have ended, maybe none yet; CancelledError if the scheduler is lost."""
    from distributed import CancelledError, wait  # noqa: PLC0415

    try:
        ended: set[Any] = wait(
            waiting, timeout=_LOOK_S, return_when="FIRST_COMPLETED"
        ).done
    except TimeoutError:
        ended = set()
    if client.status != "running":
        raise CancelledError(client.status)
    return ended
