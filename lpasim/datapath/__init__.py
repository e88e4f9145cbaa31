"""What the array does to numbers, bit for bit: `docs/datapath.md` in code.

`reference` follows the datapath step by step in plain integers; the compiled kernels equal it.
"""
