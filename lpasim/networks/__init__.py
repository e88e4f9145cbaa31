"""Networks: an ONNX file or a built-in topology as a graph with shapes, and its fusion into layers.

An operator is one entry of the registry in `lpasim.networks.operators`; a built-in topology is one file of
`lpasim.networks.zoo`.
"""
