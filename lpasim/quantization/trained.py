"""Networks that come with lpasim trained: weights, labelled images, and images to fit number formats to.

To add one, put its files into a folder of its name in ``workloads/``, its trace beside the folder, and enter it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from lpasim.errors import NetworkError
from lpasim.networks.zoo import CATALOGUE
from lpasim.quantization.workload import workload_folder, workload_names


@dataclass(frozen=True, slots=True)
class Trained:
    """One network.

    Attributes
    ----------
    name : str
        Its name, and that of its trace and of the folder of its files.
    title : str
        Its name for people.
    reference : str
        What it was trained on, and by what.
    preprocess : str
        How its images become inputs: what `find_preprocess` takes.
    """

    name: str
    title: str
    reference: str
    preprocess: str

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return workload_folder() / self.name

    @property
    def model(self) -> Path:
        """The ONNX file."""
        return self.folder / f"{self.name}.onnx"

    @property
    def images(self) -> Path:
        """The labelled images, none of which took part in training."""
        return self.folder / "images.npz"

    @property
    def calibration(self) -> Path:
        """Images without labels that formats are fitted to; they are none of the labelled ones."""
        return self.folder / "calibration.npz"


TRAINED = {
    found.name: found
    for found in (
        Trained(
            "fashion",
            "Small residual network, Fashion-MNIST 28x28",
            "trained by workloads/fashion/train_fashion.py; data: H. Xiao et al., Fashion-MNIST: a Novel Image Dataset "
            "for Benchmarking Machine Learning Algorithms, 2017, arXiv 1708.07747",
            "fashion",
        ),
    )
}


def find_network(text: str) -> Path:
    """Return the ONNX file of a network that comes with lpasim trained, or else the path that a text is.

    Raises
    ------
    NetworkError
        If the text looks like a name, and there is neither such a network nor such a file.
    """
    if text in TRAINED:
        return TRAINED[text].model
    path = Path(text)
    if not path.suffix and not path.exists():
        close = get_close_matches(text.lower(), TRAINED, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        if text in CATALOGUE or text in workload_names():
            hint = ", which comes without weights and images; give its ONNX file, and --images DIR"
        raise NetworkError(
            f"network must be an ONNX file with weights or one of {', '.join(TRAINED)}, got {text!r}{hint}"
        )
    return path
