"""Images per second of networks that run on the datapath bit for bit, next to ONNX Runtime in float32.

    python benchmarks/infer.py vit_tiny_patch16_224.onnx --trace vit_tiny_patch16_224.json --images DIR

Both run the same images in turn in the same process, with the same number of threads; times are medians, without
reading and preparing images. A ratio is time of the datapath over time of ONNX Runtime. Traces come from the `trace`
command; their preprocessing is used.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import numpy as np
import onnxruntime

from lpasim.inference.evaluate import evaluate
from lpasim.inference.images import read_images
from lpasim.inference.products import Arithmetic
from lpasim.quantization.workload import load_workload

ACCUMULATORS: tuple[Arithmetic, ...] = ("wide", "paper")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", type=Path, nargs="+", help="ONNX files")
    parser.add_argument("--trace", nargs="+", required=True, help="as many traces")
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=32, help="images (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=16, help="images at a time (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="(default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="rounds of measurement (default: %(default)s)")
    options = parser.parse_args()

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    print(f"{os.cpu_count()} processors; {options.limit} images, {options.threads} threads; images/s")
    for model, name in zip(options.model, options.trace, strict=True):
        trace = load_workload(name)
        if trace.preprocess is None:
            parser.error(f"--trace must record how images are prepared, got none ({name})")
        images = read_images(options.images, None, trace.preprocess, options.limit)
        session = onnxruntime.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])
        (entry,) = session.get_inputs()
        batches = [pixels for pixels, _ in images.batches(options.batch, entry.shape[1:], model)]
        session.run(None, {entry.name: batches[0]})
        seconds: dict[str, list[float]] = {"onnxruntime": [], **{accumulator: [] for accumulator in ACCUMULATORS}}
        for _ in range(options.repeats):
            start = time.perf_counter()
            for pixels in batches:
                session.run(None, {entry.name: np.ascontiguousarray(pixels)})
            seconds["onnxruntime"].append(time.perf_counter() - start)
            found = evaluate(model, trace, images, ACCUMULATORS, batch=options.batch, threads=options.threads)
            for side in found.sides:
                seconds[side.name].append(side.seconds)
        medians = {key: statistics.median(values) for key, values in seconds.items()}
        parts = [f"{key} {len(images) / median:.1f}" for key, median in medians.items()]
        ratios = [f"{key} {medians[key] / medians['onnxruntime']:.1f}" for key in ACCUMULATORS]
        print(f"{model.stem:24} {'  '.join(parts)}  ratio to ONNX Runtime: {'  '.join(ratios)}", flush=True)


if __name__ == "__main__":
    main()
