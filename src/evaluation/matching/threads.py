"""One thread for the products whose last bits depend on how many there are."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache

import numpy as np
import scipy.linalg
from threadpoolctl import ThreadpoolController

# loaded before the libraries in use are looked up, which is done once: it reads the memory map of the process
_LOADED = (np.linalg, scipy.linalg)


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """BLAS and LAPACK of numpy and scipy on one thread while the context lasts."""
    return _controller().limit(limits=1)
