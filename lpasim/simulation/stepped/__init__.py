"""The slow reference: the chip one clock cycle at a time, with real words in memory, buffers and registers.

It is a second, independent implementation of `docs/cycle-contract.md`, which shares the names of stalls and DMA engines
with the event engine, and no logic. Times are not computed here: a fold starts when registers hold its weights, a half
holds its words, and the array is free.
"""

from lpasim.simulation.stepped.machine import run_stepped
from lpasim.simulation.stepped.result import EdgeCycle, SteppedLayer, SteppedResult

__all__ = ["EdgeCycle", "SteppedLayer", "SteppedResult", "run_stepped"]
