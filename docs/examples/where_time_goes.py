# %% [markdown]
# # Where does the time go?
#
# A run gives one number for the latency, and a table that says why. Here ResNet-18 runs on LPA as it comes, and the
# layers that wait most are looked at.

# %%
import lpasim

report = lpasim.simulate("resnet18")
print(report)

# %% [markdown]
# Every layer's cycles are either busy, or a stall with one cause. They add up exactly.

# %%
layers = report.layers
causes = [name for name in layers if name.endswith("_stall_cycles")]
assert (layers["busy_cycles"] + layers[causes].sum(axis=1) == layers["cycles"]).all()
for name in causes:
    print(f"{name.removesuffix('_stall_cycles'):14}{layers[name].sum() / layers['cycles'].sum():7.2%}")

# %% [markdown]
# The array hardly waits. So what is lost? `utilization` is what was computed over what all lanes of all PEs could
# have, and the cycles of a layer times what it lacks are cycles that a better mapping, or another array, could save.

# %%
layers["lost_cycles"] = (layers["cycles"] * (1 - layers["utilization"])).round().astype(int)
worst = layers.nlargest(4, "lost_cycles")
print(worst[["name", "mode", "cycles", "utilization", "lost_cycles"]].round(2).to_string(index=False))

# %% [markdown]
# A larger array moves the balance: with 16 times the PEs, memory begins to matter.

# %%
for rows in (8, 16, 32):
    size = [f"array.rows={rows}", f"array.cols={rows}"]
    for memory in ("lpddr4-3200", "hbm2"):
        one = lpasim.simulate("resnet18", overrides=[*size, f"dram.preset={memory}"]).summary
        waits = sum(one["stall_cycles"].values()) / one["cycles"]
        print(f"{rows:2} x {rows:<2} {memory:12}{one['latency_ms']:7.2f} ms, waits {waits:4.0%}")
