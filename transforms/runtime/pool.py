"""One network for many streams: no more of it in memory than run at the same moment.

A network that remembers nothing answers every stream alike, and most of its memory is scratch. So streams borrow it for
the length of one run; another is made only where none is idle just then.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from transforms.picture import Size
from transforms.runtime.network import Network


class NetworkPool:
    """Networks that `make` makes, lent out for one run each; all are closed when the last borrower has left.

    What is made must remember nothing between two runs, and give each answer in memory of its own.
    """

    def __init__(self, make: Callable[[], Network]) -> None:
        self._make = make
        self._idle: deque[Network] = deque()
        self._borrowers = 0
        self._counting = threading.RLock()  # a share that nobody holds any more leaves in whichever thread finds it

    def join(self) -> Network:
        """The network as one stream has it, who closes it. Makes the first.

        Raises:
            ModelError: it cannot be made.
        """
        with self._counting:
            self._borrowers += 1
        try:
            network = self._take()
            size = network.size
        except BaseException:
            self.leave()
            raise
        self._give(network)
        return _Borrowed(size, self)

    def leave(self) -> None:
        """One borrower less."""
        with self._counting:
            self._borrowers -= 1
        self._close_unless_wanted()

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Network.run`; in any thread, and in several at once."""
        network = self._take()
        try:
            return network.run(rgb)
        finally:
            self._give(network)

    def _take(self) -> Network:
        try:
            return self._idle.pop()
        except IndexError:
            return self._make()

    def _give(self, network: Network) -> None:
        self._idle.append(network)
        self._close_unless_wanted()

    def _close_unless_wanted(self) -> None:
        with self._counting:
            while self._idle and not self._borrowers:
                self._idle.pop().close()


class _Borrowed:
    """A stream's share of a pool; left at `close`, or when nobody holds it any more."""

    def __init__(self, size: Size, pool: NetworkPool) -> None:
        self.size = size
        self._pool = pool
        self._leave = weakref.finalize(self, pool.leave)
        self._leave.atexit = False  # all ends then

    def run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Network.run`."""
        if not self._leave.alive:
            raise ValueError("the network is closed")
        return self._pool.run(rgb)

    def close(self) -> None:
        """Leave the pool, once."""
        self._leave()
