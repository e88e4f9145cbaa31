# cython: language_level=3, boundscheck=False, wraparound=False
"""A DRAM memory, command by command, in memory clocks (docs/dram.md). State lives in the object; no GIL while it runs."""

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cdef extern from "dram_kernel.c":
    enum:
        DRAM_KINDS
        DRAM_BANKS
        DRAM_RANKS
        DRAM_QUEUE
        DRAM_COUNTERS
        DRAM_UNKNOWN

    ctypedef struct dram_config:
        int64_t channels, ranks, groups, banks
        int64_t to_group, to_rank
        int64_t channel_shift, rank_shift, group_shift, bank_shift, row_shift
        int64_t channel_mask, rank_mask, group_mask, bank_mask, row_mask
        int64_t burst_shift
        int64_t read_queue, write_queue, high, low
        int64_t in_order, closed_page, refresh
        int64_t rcd, rp, ras, rc, rrd_s, rrd_l, faw, rfc, refi
        int64_t latency[2]
        int64_t to_precharge[2]
        int64_t same_group[2][2]
        int64_t same_rank[2][2]
        int64_t other_rank[2][2]

    ctypedef struct dram_block:
        int64_t start, run, inner, inner_stride, outer, outer_stride

    ctypedef struct dram_transfer:
        dram_block *blocks
        int64_t *list
        int64_t size
        int32_t kind

    ctypedef struct dram_logged:
        int64_t clock
        int32_t command, rank, group, bank
        int64_t row, ticket

    ctypedef struct dram_log:
        dram_logged *entries

    ctypedef struct dram_channel:
        int64_t logged

    ctypedef struct dram_memory:
        dram_channel *now
        dram_log *log
        int32_t log_failed

    dram_memory *dram_new(const dram_config *, int32_t) noexcept nogil
    void dram_free(dram_memory *) noexcept nogil
    int dram_advance(dram_memory *, int64_t) noexcept nogil
    int64_t dram_push(dram_memory *, const dram_transfer *) noexcept nogil
    int64_t dram_next_done(dram_memory *) noexcept nogil
    int64_t dram_take(dram_memory *, int64_t, int64_t *, int64_t *, int64_t *) noexcept nogil
    int64_t dram_first(const dram_memory *, int64_t) noexcept nogil
    void dram_clear_log(dram_memory *) noexcept nogil

LIMITS = {"channels": 1024, "banks": DRAM_BANKS, "ranks": DRAM_RANKS, "queue": DRAM_QUEUE}
"""Most channels, banks of a channel (in all ranks), ranks, and entries of a queue."""
COMMANDS = ("ACT", "PRE", "RD", "WR", "PREA", "REF")
"""Names of commands in a log."""
cdef int64_t NEVER = 0x7FFFFFFFFFFFFFFF


cdef dram_config _config(dict values) except *:
    cdef dram_config c
    cdef int last, after
    c.channels, c.ranks, c.groups, c.banks = (values[name] for name in ("channels", "ranks", "groups", "banks"))
    c.to_group = (values["banks"] - 1).bit_length()
    c.to_rank = (values["groups"] * values["banks"] - 1).bit_length()
    c.channel_shift, c.channel_mask = values["channel_bits"]
    c.rank_shift, c.rank_mask = values["rank_bits"]
    c.group_shift, c.group_mask = values["group_bits"]
    c.bank_shift, c.bank_mask = values["bank_bits"]
    c.row_shift, c.row_mask = values["row_bits"]
    c.burst_shift = values["burst_shift"]
    c.read_queue, c.write_queue, c.high, c.low = (values[n] for n in ("read_queue", "write_queue", "high", "low"))
    c.in_order, c.closed_page, c.refresh = (values[name] for name in ("in_order", "closed_page", "refresh"))
    c.rcd, c.rp, c.ras, c.rc = (values[name] for name in ("rcd", "rp", "ras", "rc"))
    c.rrd_s, c.rrd_l, c.faw, c.rfc, c.refi = (values[name] for name in ("rrd_s", "rrd_l", "faw", "rfc", "refi"))
    for last in range(DRAM_KINDS):
        c.latency[last] = values["latency"][last]
        c.to_precharge[last] = values["to_precharge"][last]
        for after in range(DRAM_KINDS):
            c.same_group[last][after] = values["same_group"][last][after]
            c.same_rank[last][after] = values["same_rank"][last][after]
            c.other_rank[last][after] = values["other_rank"][last][after]
    return c


cdef int64_t *_copied(const int64_t *numbers, size_t size) except NULL:
    cdef int64_t *copy = <int64_t *>malloc(size * sizeof(int64_t))
    if copy is NULL:
        raise MemoryError
    memcpy(copy, numbers, size * sizeof(int64_t))
    return copy


cdef class Memory:
    """All channels of a memory.

    Transfers are pushed in the order of time; each push gives a ticket. `next_done` says when the next transfer is done
    if nothing else is pushed before, and `take` hands out what is done.
    """

    cdef dram_memory *_memory
    cdef int64_t _clock

    def __cinit__(self, dict config, bint is_logged=False):
        cdef dram_config c = _config(config)
        if not (1 <= c.channels <= LIMITS["channels"] and 1 <= c.ranks <= DRAM_RANKS and c.ranks * c.groups * c.banks <= DRAM_BANKS):
            raise ValueError("channels, ranks and banks must be within the limits of the kernel")
        if not (1 <= c.read_queue <= DRAM_QUEUE and 1 <= c.write_queue <= DRAM_QUEUE and c.low < c.high):
            raise ValueError("queues must be within the limits of the kernel, and low below high")
        self._memory = dram_new(&c, is_logged)
        if self._memory is NULL:
            raise MemoryError

    def __dealloc__(self):
        if self._memory is not NULL:
            dram_free(self._memory)

    def push(self, const int64_t[:, ::1] blocks, bint is_write, int64_t clock):
        """Push blocks [size, 6] at a clock: start, run, inner, inner stride, outer, outer stride; return the ticket."""
        cdef dram_transfer t = dram_transfer(NULL, NULL, blocks.shape[0], is_write)
        cdef const int64_t *b
        if blocks.shape[0] == 0 or blocks.shape[1] != 6:
            raise ValueError("blocks must be one or more rows of six numbers")
        for i in range(blocks.shape[0]):
            b = &blocks[i, 0]
            if b[0] < 0 or b[1] < 1 or b[2] < 1 or b[3] < 0 or b[4] < 1 or b[5] < 0:
                raise ValueError("a block must have at least one byte, and addresses of 0 or more")
        t.blocks = <dram_block *>_copied(&blocks[0, 0], 6 * blocks.shape[0])
        return self._push(&t, clock)

    def push_list(self, const int64_t[::1] addresses, bint is_write, int64_t clock):
        """Push one burst for each of the byte addresses [size] at a clock; return the ticket."""
        cdef dram_transfer t = dram_transfer(NULL, NULL, addresses.shape[0], is_write)
        if addresses.shape[0] == 0:
            raise ValueError("a list of addresses must hold at least one")
        t.list = _copied(&addresses[0], addresses.shape[0])
        return self._push(&t, clock)

    cdef int64_t _push(self, dram_transfer *t, int64_t clock) except -1:
        """Push a transfer that the memory owns from then on."""
        cdef int64_t ticket = -1
        try:
            self.advance(clock)
            with nogil:
                ticket = dram_push(self._memory, t)
        finally:
            if ticket < 0:
                free(t.blocks)
                free(t.list)
        if ticket < 0:
            raise MemoryError
        return ticket

    def advance(self, int64_t clock):
        """Issue the commands before a clock for good: nothing is pushed before it."""
        cdef bint is_there = False
        if clock < self._clock:
            raise ValueError("time must not go back")
        self._clock = clock
        while not is_there:
            with nogil:
                is_there = dram_advance(self._memory, clock)
            PyErr_CheckSignals()

    def next_done(self):
        """Return the clock at which the next transfer is done if nothing else comes; None if none is under way."""
        cdef int64_t done = DRAM_UNKNOWN
        while done == DRAM_UNKNOWN:
            with nogil:
                done = dram_next_done(self._memory)
            PyErr_CheckSignals()
        return None if done < 0 else done

    def take(self, int64_t clock):
        """Take what is done at a clock or before: tickets, first and last clock, and counters, in the order of time."""
        cdef int64_t first = 0, done = 0
        cdef int64_t count[16]
        found = []
        while True:
            ticket = dram_take(self._memory, clock, &first, &done, count)
            if ticket < 0:
                return found
            found.append((ticket, first, done, tuple(count[i] for i in range(DRAM_COUNTERS))))

    def entered(self, int64_t ticket):
        """Return when the first burst of a transfer under way entered a queue; None if none has, as far as is known."""
        cdef int64_t first = dram_first(self._memory, ticket)
        return None if first == NEVER else first

    def log(self, int64_t channel=0):
        """Return the commands of a channel, if they are logged: (clock, name, rank, bank group, bank, row, ticket).

        A bank group, bank, row or ticket is -1 where a command has none.
        """
        cdef dram_logged entry
        found = []
        if self._memory.log is NULL:
            return found
        if self._memory.log_failed:
            raise MemoryError
        for i in range(self._memory.now[channel].logged):
            entry = self._memory.log[channel].entries[i]
            name = COMMANDS[entry.command]
            found.append((entry.clock, name, entry.rank, entry.group, entry.bank, entry.row, entry.ticket))
        return found

    def clear_log(self):
        """Forget the commands so far: right after a push or an advance, when none of them can be taken back."""
        dram_clear_log(self._memory)
