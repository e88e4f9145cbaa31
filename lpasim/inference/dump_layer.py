"""The dump of one layer of a network that runs on one image."""

from __future__ import annotations

from pathlib import Path

from lpasim.datapath.parameters import Accumulator, Datapath
from lpasim.inference.dump import LayerDump
from lpasim.inference.images import LabelledImages
from lpasim.inference.lp_network import LpNetwork
from lpasim.networks.onnx_file import import_model, load_model
from lpasim.quantization.finite import refuse_not_finite
from lpasim.quantization.trace import Trace


def dump_layer(
    model: Path,
    trace: Trace,
    images: LabelledImages,
    layer: str,
    accumulator: Accumulator,
    datapath: Datapath | None = None,
) -> LayerDump:
    """Run a network on the first image, and return the code words and sums of one of its layers.

    Parameters
    ----------
    model : Path
        ONNX file with weights and one input of images.
    trace : Trace
        Its number formats.
    images : LabelledImages
        Of which the first is taken.
    layer : str
        A layer with a product.
    accumulator : str
        "wide" or "paper".
    datapath : Datapath, optional
        Widths, and the rows of the array.

    Raises
    ------
    NetworkError
        If there is no such layer, or the network cannot run on the image.
    TraceError
        If the trace was made from another network.
    """
    sizes, folder = trace.input_shapes, str(model.parent)
    network = import_model(load_model(model), str(model), batch=1, otherwise=sizes, folder=folder)
    refuse_not_finite(network)
    name = next(iter(network.inputs))
    quantized = LpNetwork(network, trace, accumulator, datapath)
    pixels, _ = next(images.batches(1, network.inputs[name][1:], model))
    taken: list[LayerDump] = []
    quantized.run({name: pixels}, dump=(layer, taken.append))
    return taken[0]
