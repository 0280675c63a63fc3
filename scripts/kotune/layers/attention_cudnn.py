"""cuDNN's attention of packed rows, forwards and backwards, through NVIDIA's own library: the fastest on Hopper.

Reads and writes nothing. Needs the package nvidia-cudnn-frontend. cuDNN makes a plan for each number of rows, longest
row and total: all three are rounded up (empty rows are appended), so that a training needs a handful of plans.
The backward pass needs a large workspace (1.1 GiB for 8,192 tokens of 24 heads); where memory is short, flash attention
is used instead.
"""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

ROWS, LONGEST, TOTAL = 32, 1024, 4096  # what the number of rows, the longest row and all tokens are rounded up to
WIDEST = 128  # the widest head that the kernels take backwards


@functools.cache
def available() -> bool:
    """Return whether the package is there and its library loads."""
    if importlib.util.find_spec("cudnn") is None:
        return False
    try:
        import cudnn

        return cudnn.backend_version() >= 90600
    except Exception:  # whatever keeps the library from loading, another kernel does the work
        return False


@dataclass(frozen=True)
class Key:
    """What a plan is made for; ``joint``: how far apart tokens lie where all heads are joined."""

    rows: int
    longest: int
    total: int
    heads: int
    kv_heads: int
    width: int
    joint: int
    scale: float
    dtype: Any


@dataclass(frozen=True)
class Rows:
    """A pass's boundaries as cuDNN takes them: each row's length, and where it begins in each kind of tensor."""

    key: Key
    lengths: Tensor
    joint: Tensor
    out: Tensor
    statistics: Tensor


def rows_of(starts: Tensor, longest: int, total: int, heads: int, kv_heads: int, width: int, dtype: Any) -> Rows:
    """Return the boundaries of a pass whose queries, keys and values lie in one tensor (tokens, all heads, width)."""
    import torch

    count = starts.numel() - 1
    wanted = count + -count % ROWS
    padded = torch.cat([starts, starts[-1:].expand(wanted - count)]) if wanted > count else starts
    joint = (heads + 2 * kv_heads) * width
    wide = padded.to(torch.int64)
    key = Key(
        wanted, longest + -longest % LONGEST, total + -total % TOTAL, heads, kv_heads, width, joint, width**-0.5, dtype
    )
    lengths = padded.diff().to(torch.int32)
    return Rows(key, lengths, wide * joint, wide * heads * width, wide * heads)


Q, K, V, O, STATS, DO, DQ, DK, DV, LENGTHS, AT_JOINT, AT_OUT, AT_STATS = range(1, 14)  # noqa: E741 - the paper's names


@functools.cache
def _handle() -> Any:
    import cudnn

    return cudnn.create_handle()


def _bound_handle() -> Any:
    import cudnn
    import torch

    handle = _handle()
    cudnn.set_stream(handle=handle, stream=torch.cuda.current_stream().cuda_stream)
    return handle


class _Graph:
    """A graph under construction: its tensors by what they hold."""

    def __init__(self, key: Key) -> None:
        import cudnn
        import torch

        self.key, self.cudnn = key, cudnn
        self.io = cudnn.data_type.BFLOAT16 if key.dtype == torch.bfloat16 else cudnn.data_type.HALF
        self.graph = cudnn.pygraph(
            handle=_bound_handle(),
            io_data_type=self.io,
            intermediate_data_type=cudnn.data_type.FLOAT,
            compute_data_type=cudnn.data_type.FLOAT,
        )
        self.lengths = self._numbers("lengths", key.rows, cudnn.data_type.INT32, LENGTHS)
        self.at_joint, self.at_out, self.at_stats = (
            self._numbers(name, key.rows + 1, cudnn.data_type.INT64, uid)
            for name, uid in (("at_joint", AT_JOINT), ("at_out", AT_OUT), ("at_stats", AT_STATS))
        )

    def _numbers(self, name: str, count: int, kind: Any, uid: int) -> Any:
        return self.graph.tensor(name=name, dim=[count, 1, 1, 1], stride=[1, 1, 1, 1], data_type=kind, uid=uid)

    def layout(self, heads: int, row: int) -> tuple[list[int], list[int]]:
        """Return dimensions (rows, heads, longest, width) and strides of heads whose tokens lie ``row`` apart."""
        key = self.key
        return [key.rows, heads, key.longest, key.width], [key.longest * row, key.width, row, 1]

    def heads(self, name: str, heads: int, row: int, at: Any, uid: int) -> Any:
        """Return an input of heads."""
        dim, stride = self.layout(heads, row)
        tensor = self.graph.tensor(name=name, dim=dim, stride=stride, data_type=self.io, uid=uid)
        tensor.set_ragged_offset(at)
        return tensor

    def made(self, tensor: Any, heads: int, row: int, at: Any, uid: int) -> None:
        """Say where an output of heads lies."""
        dim, stride = self.layout(heads, row)
        tensor.set_uid(uid).set_output(True).set_dim(dim).set_stride(stride).set_data_type(self.io)
        tensor.set_ragged_offset(at)

    def inputs(self) -> dict[str, Any]:
        """Return q, k and v, which lie in one tensor, and what both ways share."""
        key = self.key
        return {
            "q": self.heads("q", key.heads, key.joint, self.at_joint, Q),
            "k": self.heads("k", key.kv_heads, key.joint, self.at_joint, K),
            "v": self.heads("v", key.kv_heads, key.joint, self.at_joint, V),
            "attn_scale": key.scale,
            "use_padding_mask": True,
            "seq_len_q": self.lengths,
            "seq_len_kv": self.lengths,
            "diagonal_alignment": self.cudnn.diagonal_alignment.TOP_LEFT,
            "diagonal_band_right_bound": 0,
        }

    def statistics(self) -> tuple[list[int], list[int]]:
        key = self.key
        return [key.rows, key.heads, key.longest, 1], [key.longest * key.heads, 1, key.heads, 1]

    def plan(self) -> tuple[Any, int]:
        """Return the finished graph and the bytes of its workspace."""
        graph, mode = self.graph, self.cudnn.heur_mode
        graph.validate()
        graph.build_operation_graph()
        graph.create_execution_plans([mode.A, mode.FALLBACK])
        graph.check_support()
        graph.build_plans()
        return graph, graph.get_workspace_size()


@functools.lru_cache(maxsize=64)
def _forward_plan(key: Key) -> tuple[Any, int]:
    new = _Graph(key)
    out, statistics = new.graph.sdpa(name="forward", generate_stats=True, **new.inputs())
    new.made(out, key.heads, key.heads * key.width, new.at_out, O)
    dim, stride = new.statistics()
    statistics.set_uid(STATS).set_output(True).set_dim(dim).set_stride(stride)
    statistics.set_data_type(new.cudnn.data_type.FLOAT)
    statistics.set_ragged_offset(new.at_stats)
    return new.plan()


@functools.lru_cache(maxsize=64)
def _backward_plan(key: Key) -> tuple[Any, int]:
    new = _Graph(key)
    row = key.heads * key.width
    dim, stride = new.statistics()
    statistics = new.graph.tensor(
        name="statistics", dim=dim, stride=stride, data_type=new.cudnn.data_type.FLOAT, uid=STATS
    )
    statistics.set_ragged_offset(new.at_stats)
    dq, dk, dv = new.graph.sdpa_backward(
        name="backward",
        o=new.heads("o", key.heads, row, new.at_out, O),
        dO=new.heads("dO", key.heads, row, new.at_out, DO),
        stats=statistics,
        max_total_seq_len_q=key.total,
        max_total_seq_len_kv=key.total,
        **new.inputs(),
    )
    new.made(dq, key.heads, key.joint, new.at_joint, DQ)
    new.made(dk, key.kv_heads, key.joint, new.at_joint, DK)
    new.made(dv, key.kv_heads, key.joint, new.at_joint, DV)
    return new.plan()


def workspace_of(rows: Rows) -> int:
    """Return the bytes that the way back takes beside its results; fewer heads at a time would take as many."""
    return _backward_plan(rows.key)[1]


def _run(plan: tuple[Any, int], tensors: dict[int, Tensor], like: Tensor) -> None:
    import torch

    graph, size = plan
    workspace = torch.empty(max(size, 1), dtype=torch.uint8, device=like.device)
    graph.execute(tensors, workspace, handle=_bound_handle())


def _of(rows: Rows, joint: Tensor, names: tuple[int, int, int]) -> dict[int, Tensor]:
    key = rows.key
    return dict(zip(names, joint.split([key.heads, key.kv_heads, key.kv_heads], dim=1), strict=True))


def forward(joint: Tensor, rows: Rows) -> tuple[Tensor, Tensor]:
    """Attend: joint (tokens, heads + 2 kv heads, width) → out (tokens, heads, width), statistics (tokens, heads)."""
    import torch

    key = rows.key
    out = torch.empty(len(joint), key.heads, key.width, dtype=joint.dtype, device=joint.device)
    statistics = torch.empty(len(joint), key.heads, dtype=torch.float32, device=joint.device)
    places = {LENGTHS: rows.lengths, AT_JOINT: rows.joint, AT_OUT: rows.out, AT_STATS: rows.statistics}
    _run(_forward_plan(key), {**_of(rows, joint, (Q, K, V)), O: out, STATS: statistics, **places}, joint)
    return out, statistics


def backward(grad: Tensor, joint: Tensor, out: Tensor, statistics: Tensor, rows: Rows) -> Tensor:
    """Return the gradient of ``joint``, laid out like it."""
    import torch

    made = torch.empty_like(joint)
    places = {LENGTHS: rows.lengths, AT_JOINT: rows.joint, AT_OUT: rows.out, AT_STATS: rows.statistics}
    tensors = {**_of(rows, joint, (Q, K, V)), O: out, DO: grad, STATS: statistics, **_of(rows, made, (DQ, DK, DV))}
    _run(_backward_plan(rows.key), {**tensors, **places}, joint)
    return made
