"""Fusion of random graphs: what must hold whatever the graph, worked out from the graph by simpler means."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_graphs import ints, network, node

from lpasim.errors import NetworkError
from lpasim.networks.fusion import fuse

SHAPE = (1, 4, 6, 6)
ELEMENTS = 4 * 36
ONE = ("Conv", "Relu", "Sigmoid", "MaxPool", "BatchNormalization", "Bias", "Transpose", "Identity")
TWO = ("Add", "Mul", "Halves", "Product")
WEIGHTS = {"w": (4, 4, 3, 3), "v": (4,), "bias": (4, 1, 1), "zero": ints(0), "two": ints(2), "axis": ints(1)}


def build(choices):
    """Make a graph in which all tensors have one shape; each choice is an operator and which tensors it reads."""
    nodes, tensors = [], ["x"]
    for index, (operator, first, second) in enumerate(choices):
        a, b, out = tensors[first % len(tensors)], tensors[second % len(tensors)], f"t{index}"
        if operator == "Conv":
            nodes.append(node("Conv", [a, "w"], out, pads=[1, 1, 1, 1]))
        elif operator == "MaxPool":
            nodes.append(node("MaxPool", [a], out, kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        elif operator == "BatchNormalization":
            nodes.append(node(operator, [a, "v", "v", "v", "v"], out))
        elif operator == "Bias":
            nodes.append(node("Add", [a, "bias"], out))
        elif operator == "Transpose":
            nodes.append(node(operator, [a], out, perm=[0, 1, 3, 2]))
        elif operator == "Halves":
            for source, half in ((a, f"{out}a"), (b, f"{out}b")):
                nodes.append(node("Slice", [source, "zero", "two", "axis"], half))
            nodes.append(node("Concat", [f"{out}a", f"{out}b"], out, axis=1))
        elif operator == "Product":
            nodes.append(node("MatMul", [a, b], out))
        else:
            nodes.append(node(operator, [a, b] if operator in TWO else [a], out))
        tensors.append(out)
    return nodes, tensors[-1]


def stored_by_reachability(graph, place, free):
    """Find the tensors from which a walk through free nodes reaches another layer or the outside."""
    readers = {}
    for entry in graph.network.nodes:
        for name in entry.present:
            readers.setdefault(name, []).append(entry)
    needed = set()
    for maker in graph.network.nodes:
        if maker.name in free:
            continue
        reached, todo = set(), list(maker.outputs)
        while todo:
            tensor = todo.pop()
            reached |= {None} if tensor in graph.network.outputs else set()
            for reader in readers.get(tensor, []):
                if reader.name in free:
                    todo += reader.outputs
                else:
                    reached.add(place[reader.name])
        if reached - {place[maker.name]}:
            needed.add(maker.outputs[0])
    return needed


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ONE + TWO), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=14))
def test_rules_of_fusion(choices):
    nodes, last = build(choices)
    parsed = network(nodes, {"x": SHAPE}, [last], WEIGHTS)
    if all(choice[0] in ("Transpose", "Identity", "Halves") for choice in choices):
        with pytest.raises(NetworkError, match="must have an operator that takes time"):
            fuse(parsed)
        return
    graph = fuse(parsed)
    order = {layer.name: index for index, layer in enumerate(graph.layers)}
    place = {post.node: index for index, layer in enumerate(graph.layers) for post in layer.post} | order
    # a folded normalization or bias takes over the result of its product
    folded = {name: order[layer] for layer, names in graph.folded.items() for name in names}
    place |= folded
    free = {entry.node for entry in graph.free} - set(folded)

    # every node has one place
    assert sorted([*place, *free]) == sorted(proto.name for proto in nodes)
    stored = {out.tensor: index for index, layer in enumerate(graph.layers) for out in layer.outputs}
    for index, layer in enumerate(graph.layers):
        # what a layer reads was made and stored by earlier ones
        assert all(order[maker] < index for maker in (*layer.inputs, *layer.weight_inputs))
        for tensor in (*layer.input_tensors, *layer.weight_tensors):
            assert tensor == "x" or stored[tensor] < index
        for post in layer.post:
            assert all(order[maker] < index for maker in post.makers)
            assert all(tensor == "x" or stored[tensor] < index for tensor in post.tensors)
            assert post.activation_elements <= 2 * ELEMENTS
        assert 0 < layer.input_elements <= 2 * ELEMENTS
        assert all(0 < out.elements <= ELEMENTS for out in layer.outputs)
    # stored is exactly what another layer or the outside reads
    assert set(stored) == stored_by_reachability(graph, place, free)
