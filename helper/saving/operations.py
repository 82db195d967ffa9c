"""Which operations of a graph that was read from a file may be run, and what they take.

A TensorFlow graph is a program, and the one in a run directory may be somebody else's: it could
read and write files, run Python, or never end. Only pure functions of numbers are run. They are
listed by name: a list of what is refused would have to be complete, and TensorFlow itself calls
``ReadFile`` and ``PyFuncStateless`` free of state.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from helper.errors import LabError

_OF_EACH_NUMBER = """
    Abs Acos Acosh Add AddN AddV2 Asin Asinh Atan Atan2 Atanh BiasAdd BitwiseAnd BitwiseOr
    BitwiseXor Cast Ceil CheckNumerics ClipByValue Cos Cosh Div DivNoNan Elu Equal Erf Erfc Exp
    Expm1 Floor FloorDiv FloorMod Greater GreaterEqual Identity IdentityN Invert IsFinite IsInf
    IsNan LeakyRelu LeftShift Less LessEqual Log Log1p LogicalAnd LogicalNot LogicalOr Maximum
    Minimum Mod Mul MulNoNan Neg NotEqual OnesLike Pow PreventGradient RealDiv Reciprocal Relu Relu6
    RightShift Rint Round Rsqrt Select SelectV2 Selu Sigmoid Sign Sin Sinh Snapshot Softplus
    Softsign Sqrt Square SquaredDifference StopGradient Sub Tan Tanh TruncateDiv TruncateMod Xdivy
    Xlog1py Xlogy ZerosLike"""
_OF_LAYERS = """
    AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3 Conv2D DepthwiseConv2dNative LogSoftmax MatMul
    MaxPool Softmax"""
_OVER_AN_AXIS = "All Any ArgMax ArgMin Cumprod Cumsum L2Loss Max Mean Min Prod Sum"
_OF_SHAPES = """
    BroadcastTo Concat ConcatV2 Const EnsureShape ExpandDims Fill Gather GatherV2 LinSpace MirrorPad
    OneHot Pack Pad PadV2 Range Rank Reshape ResizeBilinear ResizeNearestNeighbor ReverseV2 Shape
    ShapeN Size Slice Split SplitV Squeeze StridedSlice Tile Transpose Unpack"""
_RANDOM = """
    RandomStandardNormal RandomUniform StatelessRandomGetAlg StatelessRandomGetKeyCounter
    StatelessRandomNormal StatelessRandomNormalV2 StatelessRandomUniform
    StatelessRandomUniformFullIntV2 StatelessRandomUniformV2 StatelessTruncatedNormal
    StatelessTruncatedNormalV2 TruncatedNormal"""
PURE = frozenset(
    " ".join([_OF_EACH_NUMBER, _OF_LAYERS, _OVER_AN_AXIS, _OF_SHAPES, _RANDOM]).split()
)
_SHAPES = ("Shape", "ShapeN", "Size", "Rank")  # known, whatever the tensor

_MOST_OPERATIONS = 5_000
_MOST_BYTES = 2 << 30  # of all tensors together, of which few are needed at a time
_MOST_CONSTANT_BYTES = 64 << 20  # of one, which takes several times as much while it is made
_MOST_WORK = 2 * 10**11  # some seconds on two cores
_MOST_WORK_FOR_SHAPES = 5 * 10**8


class TooLarge(LabError):
    """A graph would take more memory or time than is given to it."""


class Costs:
    """What the operations of a graph take, added up before it runs.

    That is known because every tensor must have a known shape, the number of images included, and
    nothing is repeated. To know a shape, TensorFlow computes what does not depend on an input or a
    variable, anew for each operation that is made, so that has a limit of its own.
    """

    def __init__(self) -> None:
        self._operations = self._bytes = self._work = 0
        self._constant_work = self._work_for_shapes = 0
        self._varying: set[Any] = set()

    def add_node(self) -> None:
        """Raises TooLarge if there were too many."""
        self._operations += 1
        if self._operations > _MOST_OPERATIONS:
            raise TooLarge(f"its graph has more than {_MOST_OPERATIONS:,} operations")

    def add_given(self, tensor: Any) -> None:
        """Count an input, or the value of a variable. Raises TooLarge or LabError."""
        self._varying.add(tensor.op)
        self._add(check_size(tensor.shape, tensor.dtype), 0)

    def add(self, operation: Any, sources: Iterable[Any]) -> None:
        """Count an operation, whose inputs were counted before it. Raises TooLarge, or LabError if
        it cannot be known what it takes."""
        sources = list(sources)
        size = sum(check_size(output.shape, output.dtype) for output in operation.outputs)
        work = _work(operation, sources)
        if operation.type not in _SHAPES and any(s.op in self._varying for s in sources):
            self._varying.add(operation)
        else:
            self._constant_work += work
        self._add(size, work)

    def _add(self, size: int, work: int) -> None:
        self._bytes += size
        self._work += work
        self._work_for_shapes += self._constant_work
        if self._bytes > _MOST_BYTES:
            raise TooLarge(f"its graph needs more than {_MOST_BYTES >> 30} GiB of memory")
        if self._work > _MOST_WORK or self._work_for_shapes > _MOST_WORK_FOR_SHAPES:
            raise TooLarge("its graph computes more than is given to a network")


def check_constant(shape: Any, dtype: Any) -> None:
    """Raises LabError for a constant that must not be made."""
    if check_size(shape, dtype) > _MOST_CONSTANT_BYTES:
        raise TooLarge(f"its graph has a constant of more than {_MOST_CONSTANT_BYTES >> 20} MiB")


def check_size(shape: Any, dtype: Any) -> int:
    """The bytes of a tensor. Raises LabError where they are not known, TooLarge for too many."""
    if not (dtype.is_floating or dtype.is_integer or dtype.is_bool):
        raise LabError(f"its graph has a tensor of the type {dtype.name}, which is not a number")
    if not shape.is_fully_defined():
        raise LabError("its graph has a tensor whose shape is not known before it is computed")
    size: int = shape.num_elements() * dtype.size
    if size > _MOST_BYTES:
        raise TooLarge(f"its graph has a tensor of more than {_MOST_BYTES >> 30} GiB")
    return size


def _work(operation: Any, sources: Sequence[Any]) -> int:
    """The numbers that an operation reads and writes, and its multiply-adds."""
    each = 0  # multiply-adds for each number of the result
    if "MatMul" in operation.type:
        transposed = "transpose_a" if operation.type == "MatMul" else "adj_x"
        each = sources[0].shape[-2 if operation.get_attr(transposed) else -1]
    elif operation.type in ("Conv2D", "DepthwiseConv2dNative"):
        kernel = sources[1].shape
        each = kernel.num_elements() // max(kernel[-1], 1)
    elif operation.type in ("AvgPool", "MaxPool"):
        each = math.prod(operation.get_attr("ksize"))
    read = sum(source.shape.num_elements() for source in sources)
    written = sum(output.shape.num_elements() for output in operation.outputs)
    return read + written + operation.outputs[0].shape.num_elements() * each
