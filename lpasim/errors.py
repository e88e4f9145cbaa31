"""The errors that lpasim raises on purpose.

Every message is one sentence of the form *<what> must <rule>, got <value> (<where>)*, so that the command line can
print it as it is. All of them take one positional message, which survives pickling and SimPy's re-raising.
"""

from __future__ import annotations


class LpasimError(Exception):
    """Base of every error that a user can cause or must hear of."""


class FormatError(LpasimError, ValueError):
    """A number format's parameter or a code word is out of range."""


class NetworkError(LpasimError):
    """A network cannot be read, or holds an operator or shape that lpasim does not know."""


class TraceError(LpasimError):
    """A workload trace is missing, malformed, or of another schema version."""


class HardwareError(LpasimError):
    """A hardware description is missing, malformed or impossible."""


class MappingError(LpasimError):
    """A layer has no tiling that fits the buffers."""


class SimulationError(LpasimError):
    """The engine broke its own contract: a deadlock, or a count that does not add up."""


class DumpError(LpasimError):
    """A dump of a layer is missing, malformed, or of another schema version."""


class ActivityError(LpasimError):
    """An activity file is missing, malformed, or was measured on something else."""


class SearchError(LpasimError):
    """A search for formats cannot start, or cannot go on from the state that it is given."""


class ResultsError(LpasimError):
    """A folder of results is missing, malformed, or of another schema version."""


class StudyError(LpasimError):
    """A study cannot start, or what it keeps cannot be read or written."""


class OutputError(LpasimError):
    """A result cannot be written."""
