"""The section `dram` of a description: external memory, as a bandwidth and a latency or with its banks.

`docs/dram.md` says what each key of a banked memory does.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from lpasim.hardware.dram_timing import Timing
from lpasim.hardware.quantities import (
    OR_NONE,
    BurstBytes,
    EnergyPjPerBit,
    Flag,
    GigabytesPerSecond,
    Nanoseconds,
    OneOf,
    Quantity,
    Text,
)
from lpasim.hardware.section import Section

BANKED, BANDWIDTH = "banked", "bandwidth"
"""Values of `dram.model`."""
FR_FCFS, IN_ORDER = "fr-fcfs", "in-order"
"""Values of `dram.controller.scheduling`."""
OPEN_PAGE, CLOSED_PAGE = "open", "closed"
"""Values of `dram.controller.page`."""
MOST_CHANNELS, MOST_RANKS, MOST_BANKS, LONGEST_QUEUE = 1024, 16, 64, 64
"""What the compiled model has room for: channels, ranks and banks of a channel, and entries of a queue."""

_Number = Annotated[int | None, BeforeValidator(Quantity(1, 2**24, whole=True)), OR_NONE]
_Channels = Annotated[int | None, BeforeValidator(Quantity(1, MOST_CHANNELS, whole=True)), OR_NONE]
_Ranks = Annotated[int | None, BeforeValidator(Quantity(1, MOST_RANKS, whole=True)), OR_NONE]
_Banks = Annotated[int | None, BeforeValidator(Quantity(1, MOST_BANKS, whole=True)), OR_NONE]
_Rate = Annotated[float | None, BeforeValidator(Quantity(1, 1e6)), OR_NONE]
_Clock = Annotated[float | None, BeforeValidator(Quantity(1e-3, 1e6, "MHz", "Hz")), OR_NONE]
_Size = Annotated[int | None, BeforeValidator(Quantity(1, 2**40, "B", "B", whole=True)), OR_NONE]
_Entries = Annotated[int, BeforeValidator(Quantity(1, LONGEST_QUEUE, whole=True))]
_Watermark = Annotated[int, BeforeValidator(Quantity(0, LONGEST_QUEUE, whole=True))]


class DramDevice(Section):
    """What a memory is made of. A rank and its banks span all devices that answer together."""

    channels: _Channels = Field(default=None, description="channels, each with a controller of its own")
    ranks: _Ranks = Field(default=None, description="ranks of a channel")
    bank_groups: _Banks = Field(default=None, description="bank groups of a rank; 1: there are none")
    banks_per_group: _Banks = Field(default=None, description="banks of a bank group")
    rows: _Number = Field(default=None, description="rows of a bank")
    columns: _Number = Field(default=None, description="columns of a row, each as wide as the channel")
    width_bits: _Number = Field(default=None, description="data bits of a channel")
    burst_length: _Number = Field(default=None, description="columns that one command moves")
    data_rate_mts: _Rate = Field(default=None, description="transfers of a data bit, in 10^6 a second")
    clock_mhz: _Clock = Field(default=None, description="clock of the commands, in which clk count")
    capacity: _Size = Field(default=None, description="size of the whole memory")


class DramTiming(Section):
    """Least distances between commands."""

    cl: Timing = Field(default=None, description="from a read command to its data")
    cwl: Timing = Field(default=None, description="from a write command to its data")
    rcd: Timing = Field(default=None, description="from an activation to a column command of its bank")
    rp: Timing = Field(default=None, description="from a precharge to an activation of its bank")
    ras: Timing = Field(default=None, description="from an activation to the precharge of its bank")
    rc: Timing = Field(default=None, description="from an activation to the next one of its bank")
    ccd_s: Timing = Field(default=None, description="between reads, or writes, of different bank groups")
    ccd_l: Timing = Field(default=None, description="between reads, or writes, of one bank group")
    rrd_s: Timing = Field(default=None, description="between activations of different bank groups")
    rrd_l: Timing = Field(default=None, description="between activations of one bank group")
    faw: Timing = Field(default=None, description="window that holds at most four activations of a rank")
    rtp: Timing = Field(default=None, description="from a read to the precharge of its bank")
    wr: Timing = Field(default=None, description="from the end of write data to the precharge of its bank")
    wtr_s: Timing = Field(default=None, description="from the end of write data to a read of another bank group")
    wtr_l: Timing = Field(default=None, description="from the end of write data to a read of the same bank group")
    turnaround: Timing = Field(default=None, description="idle clocks of the bus between read and write data")
    rank_switch: Timing = Field(default=None, description="idle clocks of the bus between data of different ranks")
    refi: Timing = Field(default=None, description="between refreshes of a rank")
    rfc: Timing = Field(default=None, description="from a refresh to the next command of its rank")


class DramController(Section):
    """How requests become commands. The defaults are assumptions: a designer's choice."""

    mapping: Text = Field(
        default="RoRaBaCoBgCh",
        description="fields of an address from high to low: row, rank, bank, bank group, column, channel",
    )
    scheduling: Annotated[str, BeforeValidator(OneOf((FR_FCFS, IN_ORDER)))] = Field(
        default=FR_FCFS, description="ready requests first, the oldest of them first; or the oldest only"
    )
    page: Annotated[str, BeforeValidator(OneOf((OPEN_PAGE, CLOSED_PAGE)))] = Field(
        default=OPEN_PAGE, description="keep a row open after use, or close it when no waiting request needs it"
    )
    read_queue: _Entries = Field(default=32, description="reads that a channel chooses from")
    write_queue: _Entries = Field(default=32, description="writes that a channel holds back")
    write_high: _Watermark = Field(default=24, description="queued writes from which they go before reads")
    write_low: _Watermark = Field(default=8, description="queued writes at which waiting reads go again")
    refresh: Flag = Field(default=True, description="whether rows are refreshed")
    latency_ns: Nanoseconds = Field(default=20, description="added to every load: controller, interface and wires")


class Dram(Section):
    """External memory."""

    preset: Text = Field(
        description="where the values below come from, if they are not given; `custom`: they must be given"
    )
    bandwidth_gbps: GigabytesPerSecond = Field(description="peak of all channels, in 10^9 bytes a second")
    burst_bytes: BurstBytes = Field(description="the smallest transfer")
    latency_ns: Nanoseconds = Field(
        description="with `bandwidth` as the model: added to every load, on top of its transfer"
    )
    energy_pj_per_bit: EnergyPjPerBit = Field(description="one bit read or written, interface included")
    ideal: Flag = Field(description="memory never late: no transfer takes time, no buffer is full")
    model: Annotated[str, BeforeValidator(OneOf((BANKED, BANDWIDTH)))] = Field(
        default=BANDWIDTH, description="banks, rows and refresh; or a bandwidth and a latency"
    )
    device: DramDevice = DramDevice()
    timing: DramTiming = DramTiming()
    controller: DramController = DramController()

    @property
    def is_banked(self) -> bool:
        """Whether banks decide when a transfer is done."""
        return self.model == BANKED and not self.ideal
