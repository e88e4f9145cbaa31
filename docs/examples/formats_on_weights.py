# %% [markdown]
# # Which number format suits these weights?
#
# The weights of the small trained network that comes with lpasim, and the best format of each kind for each layer, by
# squared error. (`lpasim assess` does this with a verdict; here is what is behind it.)

# %%
import numpy as np
import onnx

from lpasim.quantization.fit_formats import KINDS, fit_format
from lpasim.quantization.sample import draw
from lpasim.quantization.trained import TRAINED

model = onnx.load(TRAINED["fashion"].model)
stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
weights = {name: array for name, array in stored.items() if array.ndim > 1}
print(*(f"{name} {array.shape}" for name, array in weights.items()), sep="\n")


# %% [markdown]
# The signal to noise ratio of a tensor in a format, in dB. Weights are rounded beforehand, to the nearest value.


# %%
def sqnr(tensor, fmt):
    error = tensor - fmt.quantize(tensor, rounding="linear")
    return 10 * np.log10(np.mean(tensor.astype(float) ** 2) / np.mean(error.astype(float) ** 2))


kinds = [kind for kind in KINDS if kind != "uflint"]  # weights have signs
for bits in (4, 8):
    print(f"\n{bits} bits, dB" + "".join(f"{kind:>13}" for kind in kinds))
    for name, tensor in weights.items():
        sample = draw(tensor, tensor.size)
        found = [sqnr(tensor, fit_format(kind, sample, bits, "linear")) for kind in kinds]
        print(f"{name[:17]:17}" + "".join(f"{ratio:13.1f}" for ratio in found))

# %% [markdown]
# At 4 bits a log posit wins or comes close, and so does a plain logarithm: with a fraction of one bit there is little
# to taper. At 8 bits tapering pays. One of the fitted formats, and its magnitudes:

# %%
tensor = weights["second_a.weight"]
best = fit_format("lp", draw(tensor, tensor.size), 4, "linear")
print(best, np.round(best.magnitudes(), 3))
