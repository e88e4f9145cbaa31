# %% [markdown]
# # How far can a number be trusted?
#
# Cycles follow from the contract. Energy and area follow from prices, most of which nobody published for this chip. A
# report knows which.

# %%
import lpasim

report = lpasim.simulate("resnet18")
assumed = [row["key"] for row in report.assumptions]
print(f"{len(assumed)} values are assumed, among them", *assumed[:4], sep="\n  ")

# %% [markdown]
# What follows from the ranges of these prices: bounds, and an interval that holds 90 % of 300 draws.

# %%
for name, figure in report.uncertainty["figures"].items():
    central = f"{figure['central_low']:.3f} .. {figure['central_high']:.3f}"
    print(
        f"{name:22}{figure['value']:8.3f}   90 %: {central}, never beyond {figure['low']:.3f} .. {figure['high']:.3f}"
    )

# %% [markdown]
# Two configurations that share their prices can be told apart far better than either number is known. Is an array of
# 16 x 16 more efficient than one of 8 x 8? At the cheap, the given and the dear price of SRAM:

# %%
for scale in (0.5, 1, 2):
    price = f"technology.sram_energy_scale={scale}"
    small = lpasim.simulate("resnet18", overrides=[price]).summary["tops_per_w"]
    large = lpasim.simulate("resnet18", overrides=[price, "array.rows=16", "array.cols=16"]).summary["tops_per_w"]
    print(f"SRAM x {scale:<4} {small:.2f} TOPS/W, 16 x 16: {large:.2f}, ratio {large / small:.2f}")
