"""The graph that a script built, without the data that some scripts keep in it as constants."""

from __future__ import annotations

from typing import Any

LARGEST = 1 << 20  # bytes of a constant that is kept
_CONTENT = (
    "tensor_content", "half_val", "float_val", "double_val", "int_val", "string_val",
    "scomplex_val", "int64_val", "bool_val", "dcomplex_val", "uint32_val", "uint64_val",
)  # fmt: skip
LEFT_OUT = "_bytes_left_out"


def without_data(graph_def: Any) -> Any:
    """The same GraphDef, changed: of constants larger than 1 MB only type and shape are left.

    Their attribute ``_bytes_left_out`` says how many bytes there were.
    """
    nodes = [*graph_def.node, *(n for f in graph_def.library.function for n in f.node_def)]
    for node in nodes:
        if node.op != "Const" or "value" not in node.attr:
            continue
        tensor = node.attr["value"].tensor
        size = tensor.ByteSize()
        if size > LARGEST:
            for field in _CONTENT:
                tensor.ClearField(field)
            node.attr[LEFT_OUT].i = size
    return graph_def
