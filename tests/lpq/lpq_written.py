"""What a call of ``lpasim quantize`` leaves in its folder, and that a refused one leaves it as it was."""

from __future__ import annotations


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name not in ("net.onnx", "set.npz"))


def refused(quantize, folder, message, *args, **options):
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    done = quantize(*args, **options)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert message in done.err
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
