"""How far apart two commands of a channel must be: the constraints of docs/dram.md, one by one."""

from __future__ import annotations

from typing import NamedTuple

from lpasim.hardware.dram_parameters import DramParameters


class Command(NamedTuple):
    """A command on the bus; a bank group, bank or row that it has not is -1."""

    clock: int
    name: str
    rank: int
    group: int
    bank: int
    row: int

    def shares_bank(self, other: Command) -> bool:
        """Whether both are for one bank, or one of them is for all banks of the other's rank."""
        if self.rank != other.rank:
            return False
        return -1 in (self.bank, other.bank) or (self.group, self.bank) == (other.group, other.bank)

    def shares_group(self, other: Command) -> bool:
        """Whether both are for one bank group."""
        return (self.rank, self.group) == (other.rank, other.group)


COLUMN = ("RD", "WR")
AUTO = "AUTO"
"""A precharge that a bank does by itself: it takes no place on the command bus."""


def distance(p: DramParameters, past: Command, new: Command) -> int:
    """Return the least number of clocks from a command to a later one; the command bus takes one each clock."""
    if past.name == AUTO:
        return p.rp
    if past.name in COLUMN and new.name in COLUMN:
        return max(1, _columns(p, past, new))
    if past.rank != new.rank:
        return 1
    return max(1, _same_bank(p, past, new) if past.shares_bank(new) else 0, _activations(p, past, new))


def _same_bank(p: DramParameters, past: Command, new: Command) -> int:
    opens, closes = new.name in COLUMN, new.name in ("PRE", "PREA")
    if past.name == "ACT":
        return p.rcd if opens else p.ras if closes else p.rc
    if past.name in ("PRE", "PREA"):
        return 1 if closes else p.rp
    if past.name == "REF":
        return p.rfc
    return (p.rtp if past.name == "RD" else p.cwl + p.burst_clocks + p.wr) if closes else 1


def _activations(p: DramParameters, past: Command, new: Command) -> int:
    if (past.name, new.name) != ("ACT", "ACT"):
        return 0
    return p.rrd_l if past.shares_group(new) else p.rrd_s


def _binds(past: Command, new: Command) -> bool:
    """Whether a command binds a later one: a bank's own precharge, which may lie ahead, only the next opening."""
    return past.name != AUTO or (past.shares_bank(new) and new.name in ("ACT", "REF"))


def _columns(p: DramParameters, past: Command, new: Command) -> int:
    own_rank = past.rank == new.rank
    if past.name == new.name:
        if own_rank:
            return p.ccd_l if past.shares_group(new) else p.ccd_s
        return p.burst_clocks + p.rank_switch
    if past.name == "RD":
        idle = p.turnaround if own_rank else max(p.turnaround, p.rank_switch)
        return p.cl + p.burst_clocks + idle - p.cwl
    if own_rank:
        return p.cwl + p.burst_clocks + (p.wtr_l if past.shares_group(new) else p.wtr_s)
    return p.cwl + p.burst_clocks + p.rank_switch - p.cl


def is_legal(p: DramParameters, history: list[Command], new: Command) -> bool:
    """Whether a command may follow those before it: every distance is kept, and no window has a fifth activation."""
    if any(new.clock < past.clock + distance(p, past, new) for past in history if _binds(past, new)):
        return False
    if new.name != "ACT":
        return True
    recent = [c for c in history if c.name == "ACT" and c.rank == new.rank and c.clock > new.clock - p.faw]
    return len(recent) < 4
