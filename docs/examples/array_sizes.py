# %% [markdown]
# # How large an array?
#
# A small sweep by hand: latency, energy and area of a network on arrays of several sizes, and which of them nothing
# else beats.

# %%
import lpasim

points = []
for rows in (4, 8, 16, 32):
    for cols in (4, 8, 16, 32):
        one = lpasim.simulate("fashion", overrides={"array.rows": rows, "array.cols": cols}).summary
        points.append((f"{rows} x {cols}", one["latency_ms"], one["energy_mj"], one["compute_area_mm2"]))
print(f"{len(points)} points")

# %% [markdown]
# A point is on the Pareto front if no other one is at least as good in everything and better in something.


# %%
def beaten(point):
    return any(
        all(theirs <= ours for theirs, ours in zip(other[1:], point[1:], strict=True)) and other[1:] != point[1:]
        for other in points
    )


print("  array   latency us  energy uJ  PEs and decoders mm2")
for point in sorted(points, key=lambda point: point[1]):
    name, latency, energy, area = point
    print(f"{name:>8} {latency * 1e3:11.1f} {energy * 1e3:10.2f} {area:21.4f}" + ("" if beaten(point) else "  front"))

# %% [markdown]
# Tall arrays are better than wide ones here: a depthwise layer uses one column, and the small layers have more inputs
# than outputs. For real sweeps, [`lpasim sweep`](../first-hour.md) stores each point, goes on after a stop, and uses
# all cores.
