"""The slow reference of a banked memory: one clock at a time, every command checked against all that came before."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lpasim.hardware.dram_parameters import DramParameters
from lpasim.mapping.addresses import AddressBlock
from lpasim.simulation.dram.bursts import Place, bursts_of, field_bits, place_of
from lpasim.simulation.dram.rules import AUTO, Command, is_legal
from lpasim.simulation.dram.served import Served


@dataclass(eq=False)
class Transfer:
    """A transfer in one channel."""

    ticket: int
    is_write: bool
    left: deque[Place]
    waiting: int
    counts: Counter[str] = field(default_factory=Counter)
    entered: int | None = None
    done: int = 0


@dataclass(eq=False)
class Request:
    """A burst in a queue."""

    transfer: Transfer
    place: Place
    steps: set[str] = field(default_factory=set)


class Channel:
    """One channel with its queues. `log` has every command."""

    def __init__(self, parameters: DramParameters) -> None:
        self.parameters = parameters
        self.log: list[Command] = []
        self.transfers: list[Transfer] = []
        self._history: list[Command] = []
        self._queues: dict[bool, list[Request]] = {False: [], True: []}
        self._open: dict[tuple[int, int, int], int] = {}
        ranks = parameters.ranks
        self._due = [parameters.refi + rank * parameters.refi // ranks for rank in range(ranks)]
        self._draining = False
        self._charged, self._loose = 0, Counter[str]()

    def step(self, clock: int) -> None:
        """Take requests in, and issue at most one command."""
        for is_write in (False, True):
            self._take_in(is_write, clock)
        self._choose_mode()
        refresh = self._refresh(clock)
        if refresh is not None:
            self._issue_refresh(refresh)
            return
        for command, request in self._candidates(clock):
            may_go = clock < self._due[command.rank] or not self.parameters.refresh
            if may_go and is_legal(self.parameters, self._history, command):
                self._issue(command, request)
                return

    def _take_in(self, is_write: bool, clock: int) -> None:
        room = self.parameters.write_queue if is_write else self.parameters.read_queue
        queue = self._queues[is_write]
        for transfer in self.transfers:
            while transfer.is_write == is_write and transfer.left and len(queue) < room:
                queue.append(Request(transfer, transfer.left.popleft()))
                if transfer.entered is None:
                    transfer.entered = clock

    def _choose_mode(self) -> None:
        p, reads, writes = self.parameters, len(self._queues[False]), len(self._queues[True])
        if self._draining and (writes == 0 or (reads and writes <= p.write_low)):
            self._draining = False
        if not self._draining and (writes >= p.write_high or (writes and not reads)):
            self._draining = True

    def _refresh(self, clock: int) -> Command | None:
        if not self.parameters.refresh:
            return None
        for rank, due in enumerate(self._due):
            name = "PREA" if any(key[0] == rank for key in self._open) else "REF"
            command = Command(clock, name, rank, -1, -1, -1)
            if clock >= due and is_legal(self.parameters, self._history, command):
                return command
        return None

    def _candidates(self, clock: int) -> Iterator[tuple[Command, Request]]:
        """Generate the commands that requests ask for: column commands first, and of these the oldest first."""
        queue = self._queues[self._draining]
        if self.parameters.in_order:
            queue = queue[:1]
        row_commands, seen, served = [], set(), set()
        hits = {self._key(r.place) for r in queue if self._open.get(self._key(r.place)) == r.place.row}
        for request in queue:
            place, key = request.place, self._key(request.place)
            if self._open.get(key) == place.row and key not in served:
                served.add(key)
                yield Command(clock, "WR" if self._draining else "RD", *key, place.row), request
            if key not in hits and key not in seen:
                seen.add(key)
                row_commands.append(request)
        for request in row_commands:
            key = self._key(request.place)
            if key in self._open:
                yield Command(clock, "PRE", *key, self._open[key]), request
            else:
                yield Command(clock, "ACT", *key, request.place.row), request

    @staticmethod
    def _key(place: Place) -> tuple[int, int, int]:
        return place.rank, place.group, place.bank

    def _issue_refresh(self, command: Command) -> None:
        self._charge(command.clock, self._loose)
        if command.name == "PREA":
            banks = [key for key in self._open if key[0] == command.rank]
            self._loose["precharges"] += len(banks)
            for key in banks:
                del self._open[key]
        else:
            self._loose["refreshes"] += 1
            self._due[command.rank] += self.parameters.refi
        self._note(command)

    def _issue(self, command: Command, request: Request) -> None:
        counts, key = request.transfer.counts, self._key(request.place)
        self._charge(command.clock, counts)
        counts.update(self._loose)
        self._loose.clear()
        request.steps.add(command.name)
        self._note(command)
        if command.name == "ACT":
            counts["activates"] += 1
            self._open[key] = command.row
        elif command.name == "PRE":
            counts["precharges"] += 1
            del self._open[key]
        else:
            self._finish(command, request)

    def _finish(self, command: Command, request: Request) -> None:
        p, transfer, key = self.parameters, request.transfer, self._key(request.place)
        queue = self._queues[transfer.is_write]
        queue.remove(request)
        kind = "conflicts" if "PRE" in request.steps else "misses" if "ACT" in request.steps else "hits"
        transfer.counts.update({"bursts": 1, kind: 1})
        latency = (p.cwl if transfer.is_write else p.cl) + p.burst_clocks
        transfer.done = max(transfer.done, command.clock + latency)
        transfer.waiting -= 1
        same_bank = [other for other in queue if self._key(other.place) == key]
        others = same_bank[:1] if p.in_order else same_bank
        if p.closed_page and all(other.place.row != request.place.row for other in others):
            self._close_by_itself(command)
            transfer.counts["precharges"] += 1
            del self._open[key]

    def _close_by_itself(self, command: Command) -> None:
        """Let the bank precharge itself as early as it may; that takes no command."""
        close = command._replace(clock=command.clock + 1, name="PRE")
        while not is_legal(self.parameters, [c for c in self._history if c.shares_bank(close)], close):
            close = close._replace(clock=close.clock + 1)
        self._history.append(close._replace(name=AUTO))

    def _note(self, command: Command) -> None:
        p = self.parameters
        longest = max(p.rfc, p.rc, p.faw, p.cl + p.cwl + p.wr + p.wtr_l + p.turnaround + p.rank_switch + p.burst_clocks)
        self._history = [c for c in self._history if c.clock > command.clock - longest] + [command]
        self.log.append(command)

    def _charge(self, clock: int, counts: Counter[str]) -> None:
        active = len({key[0] for key in self._open})
        clocks = clock - self._charged
        counts.update(active_clocks=active * clocks, idle_clocks=(self.parameters.ranks - active) * clocks)
        self._charged = clock


class ReferenceMemory:
    """All channels. Push transfers, then step through the clocks.

    Parameters
    ----------
    parameters : DramParameters
    """

    def __init__(self, parameters: DramParameters) -> None:
        self.clock = 0
        self._parameters = parameters
        self._bits = field_bits(parameters)
        self._channels = [Channel(parameters) for _ in range(parameters.channels)]
        self._transfers: dict[int, list[Transfer]] = {}
        self._tickets = 0

    def push(self, blocks: Sequence[AddressBlock], is_write: bool) -> int:
        """Ask for the blocks of a transfer at the present clock; return its ticket."""
        return self.push_bursts(bursts_of(blocks, self._parameters.burst_bytes), is_write)

    def push_bursts(self, bursts: Iterable[int], is_write: bool) -> int:
        """Ask for bursts by their numbers."""
        places = [place_of(burst, self._bits) for burst in bursts]
        parts = []
        for number, channel in enumerate(self._channels):
            own = deque(place for place in places if place.channel == number)
            parts.append(Transfer(self._tickets, is_write, own, len(own)))
            channel.transfers.append(parts[-1])
        self._transfers[self._tickets] = parts
        self._tickets += 1
        return self._tickets - 1

    def step(self) -> None:
        """Run one clock."""
        for channel in self._channels:
            channel.step(self.clock)
        self.clock += 1

    def entered(self, ticket: int) -> int | None:
        """Return when the first burst of a transfer under way entered a queue, if one has."""
        clocks = [part.entered for part in self._transfers[ticket] if part.entered is not None]
        return min(clocks) if clocks else None

    def take(self) -> list[Served]:
        """Take what has no burst left to serve: its data may still be on the way."""
        found = [parts for parts in self._transfers.values() if not any(part.waiting for part in parts)]
        for parts in found:
            del self._transfers[parts[0].ticket]
            for channel, part in zip(self._channels, parts, strict=True):
                channel.transfers.remove(part)
        return [self._served(parts) for parts in found]

    @staticmethod
    def _served(parts: list[Transfer]) -> Served:
        counts = Counter[str]()
        for part in parts:
            counts.update(part.counts)
        entered = min(part.entered for part in parts if part.entered is not None)
        numbers = (counts[name] for name in Served._fields[3:])
        return Served(parts[0].ticket, entered, max(part.done for part in parts), *numbers)

    def log(self, channel: int = 0) -> list[Command]:
        """Return the commands of a channel."""
        return self._channels[channel].log
