"""Which texts go through a model together, so that what they share is read once: trees of rows, and passes of trees.

Reads and writes nothing. Two things are shared: the context of a request by all its continuations, and the beginning
of contexts (the same shots before several questions) where that saves tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kotune.harness.token_ids import Asked
from kotune.layers.attention_branched import Row

WORTH = 32  # tokens that a shared beginning has at least: a row more for every context costs as well


@dataclass
class Tree:
    """Rows that continue each other, and what is scored in them.

    ``scored``: of each continuation its owner and, token by token, (place in the tree of the token before, token).
    """

    rows: list[Row] = field(default_factory=list)
    scored: list[tuple[tuple[int, int], list[tuple[int, int]]]] = field(default_factory=list)
    tokens: int = 0

    def add(self, tokens: Sequence[int], after: int | None) -> tuple[int, int]:
        """Add a row; return its number and the place of its first token."""
        self.rows.append(Row(tokens, after))
        begin = self.tokens
        self.tokens += len(tokens)
        return len(self.rows) - 1, begin

    def add_asked(self, one: Asked, front: int, after: int | None) -> None:
        """Add a context, of which ``front`` tokens are in row ``after``, and its continuations."""
        number, begin = self.add(one.context[front:], after)
        last = self.tokens - 1
        for owner, back in zip(one.owners, one.continuations, strict=True):
            places = [last]
            if len(back) > 1:
                _, begin = self.add(back[:-1], number)
                places += range(begin, begin + len(back) - 1)
            self.scored.append((owner, list(zip(places, back, strict=True))))


@dataclass
class Pass:
    """Trees that go through a model at once."""

    trees: list[Tree] = field(default_factory=list)
    tokens: int = 0
    scored: int = 0


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two texts share at their beginning."""
    most = min(len(one), len(other))
    low, high = 0, most
    while low < high:  # lists compare fast, and a beginning is shared wholly or not at all
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass
class _Group:
    """Contexts that begin alike; ``shared``: how many tokens they share, 0 of a context alone."""

    members: list[Asked]
    shared: int = 0

    @property
    def tokens(self) -> int:
        return sum(one.tokens for one in self.members) - (len(self.members) - 1) * self.shared

    def joined(self, one: Asked, most: int) -> _Group | None:
        """Return the group with one more context, or None where that saves nothing or makes it too long."""
        front = self.shared or len(self.members[0].context) - 1
        shared = min(common(self.members[-1].context, one.context), front, len(one.context) - 1)
        made = _Group([*self.members, one], shared)
        saves = shared >= WORTH and len(self.members) * shared > (len(self.members) - 1) * self.shared
        return made if saves and made.tokens <= most else None


def groups(asked: Sequence[Asked], most: int) -> list[tuple[int, list[Asked]]]:
    """Return (how many tokens they share, contexts) of each group; a group of several has at most ``most`` tokens.

    A context joins those before it, in the order of their ids, where that saves tokens.
    """
    made: list[_Group] = []
    for one in sorted(asked, key=lambda one: (one.context, one.owners)):
        with_it = made[-1].joined(one, most) if made else None
        if with_it is None:
            made.append(_Group([one]))
        else:
            made[-1] = with_it
    return [(group.shared, group.members) for group in made]


def tree_of(shared: int, members: Sequence[Asked]) -> Tree:
    """Return the rows of a group."""
    tree = Tree()
    root = tree.add(members[0].context[:shared], None)[0] if shared else None
    for one in members:
        tree.add_asked(one, shared, root)
    return tree


def passes_of(asked: Sequence[Asked], tokens: int, scored: int) -> list[Pass]:
    """Return the passes of all contexts, the longest first.

    A pass has at most ``tokens`` tokens and ``scored`` scored places; a single context may have more, and is alone.
    """
    trees = [tree_of(*group) for group in groups(asked, tokens)]
    trees.sort(key=lambda tree: (-tree.tokens, tree.scored[0][0]))
    made: list[Pass] = []
    for tree in trees:
        places = len({place for _, pairs in tree.scored for place, _ in pairs})
        last = made[-1] if made else None
        if last is None or last.tokens + tree.tokens > tokens or last.scored + places > scored:
            last = Pass()
            made.append(last)
        last.trees.append(tree)
        last.tokens += tree.tokens
        last.scored += places
    return made
