"""The network in floating point that answers are compared with: the quantized one itself, or a reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lpasim.errors import NetworkError
from lpasim.networks.execution import Executor
from lpasim.networks.graph import Network
from lpasim.networks.printable import printable


@dataclass(frozen=True, slots=True)
class Floating:
    """A network that runs in floating point, and the names of its only input and of its class scores."""

    executor: Executor
    input: str
    output: str

    @classmethod
    def of(cls, network: Network) -> Floating:
        """Make a network run.

        Raises
        ------
        NetworkError
            If it has more inputs, or its first output is no class scores.
        """
        return cls(Executor(network), *input_and_output(network))

    def check_against(self, network: Network, stored: Iterable[str]) -> None:
        """Refuse a reference that cannot be compared with a network tensor by tensor.

        Parameters
        ----------
        network : Network
            The network that is quantized.
        stored : iterable of str
            Its tensors that are compared.

        Raises
        ------
        NetworkError
            If the reference takes or gives other shapes, or lacks a tensor.
        """
        reference = self.executor.network
        taken, given = input_and_output(network)
        compared = {"input": (self.input, taken), "class scores": (self.output, given)}
        compared |= {f"tensor {printable(name)!r}": (name, name) for name in stored}
        for what, (theirs, ours) in compared.items():
            got, wanted = reference.shapes.get(theirs), network.shape(ours)
            if got != wanted:
                found = "none" if got is None else str(list(got))
                where = f"reference {reference.name}, network {network.name}"
                raise NetworkError(f"{what} of the reference must be {list(wanted)}, got {found} ({where})")


def input_and_output(network: Network) -> tuple[str, str]:
    """Return the names of the only input and of the class scores.

    Raises
    ------
    NetworkError
        If there are more inputs, or the first output is of another shape.
    """
    if len(network.inputs) != 1:
        raise NetworkError(f"network must have one input, of images, got {len(network.inputs)} ({network.name})")
    output = network.outputs[0]
    shape = network.shape(output)
    if len(shape) != 2 or shape[0] != network.batch:
        got = f"{output!r} {list(shape)}"
        raise NetworkError(f"first output must be class scores [{network.batch}, classes], got {got} ({network.name})")
    return next(iter(network.inputs)), output
