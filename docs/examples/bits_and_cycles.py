# %% [markdown]
# # What bits do to cycles
#
# One product of a transformer, 256 tokens x 768 x 3072, with weights of 8, 4 and 2 bits and activations of 8 and 4. A
# workload `gemm:MxKxN@wWaA` needs no network.

# %%
import lpasim

PRODUCT = "gemm:256x768x3072"
reports = {
    (weights, activations): lpasim.simulate(f"{PRODUCT}@w{weights}a{activations}")
    for weights in (8, 4, 2)
    for activations in (8, 4)
}
print("weights activations    cycles  MAC/cycle   DRAM MB  energy mJ")
for (weights, activations), report in reports.items():
    one = report.summary
    rate = one["macs"] / one["cycles"]
    traffic = sum(one["dram_bytes"].values()) / 1e6
    print(f"{weights:7} {activations:11} {one['cycles']:9,} {rate:10.1f} {traffic:9.2f} {one['energy_mj']:10.3f}")

# %% [markdown]
# Halving the weights' bits doubles the multiply-accumulates of a cycle: a PE holds one 8-bit, two 4-bit or four 2-bit
# weights. Activations cost traffic and buffer energy, but no cycles of the array: it takes one activation a row and
# cycle at any width.
#
# How close is that to the peak of 64 PEs?

# %%
for (weights, activations), report in reports.items():
    print(f"w{weights}a{activations}: {report.summary['utilization']:.1%} of {report.summary['peak_gops']:.0f} GOPS")
