"""Load WebAssembly plugins that can do only what they were granted.

>>> import plugbay
>>> plugin = plugbay.Host().load("greet.wasm", deadline=0.2)      # doctest: +SKIP
>>> plugin.greet("world")                                         # doctest: +SKIP
"""

from plugbay._plugbay import (
    Cancelled,
    Deadline,
    Denied,
    Exit,
    Incompatible,
    LimitExceeded,
    LoadError,
    PlugbayError,
    Poisoned,
    ResultError,
    Trap,
    __version__,
)
from plugbay.host import Host, Plugin, Resource
from plugbay.values import Err, Ok, Record, Some, Variant

__all__ = [
    "Cancelled",
    "Deadline",
    "Denied",
    "Err",
    "Exit",
    "Host",
    "Incompatible",
    "LimitExceeded",
    "LoadError",
    "Ok",
    "PlugbayError",
    "Plugin",
    "Poisoned",
    "Record",
    "Resource",
    "ResultError",
    "Some",
    "Trap",
    "Variant",
    "__version__",
]
