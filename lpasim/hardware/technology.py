"""The technologies that lpasim can price. `lpasim.cost` holds the tables themselves."""

from __future__ import annotations

SRAM_TABLES = {"cacti7-hp-28nm": 28, "cacti7-lop-28nm": 28, "cacti7-lstp-28nm": 28}
"""Name of a table of SRAM macros -> its node in nm. hp, lop and lstp are the ITRS device classes: high performance, low
operating power, low standby power."""
