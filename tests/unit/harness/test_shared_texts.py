"""What texts share goes through a model once, and nothing is lost on the way."""

from kotune.harness.shared_texts import WORTH, common, groups, passes_of, tree_of
from kotune.harness.token_ids import Asked

SHOTS = list(range(100, 100 + 2 * WORTH))


def one(number: int, context: list[int], *backs: list[int]) -> Asked:
    return Asked(context, [list(back) for back in backs], [(number, place) for place in range(len(backs))])


def read(tree) -> dict:
    """Return of each continuation the text before each of its tokens, and the token, as the tree would score them."""
    texts, flat = [], []
    for row in tree.rows:
        before = texts[row.after] if row.after is not None else []
        texts.append([*before, *row.tokens])
        flat += [[*before, *row.tokens[: place + 1]] for place in range(len(row.tokens))]
    return {owner: [(flat[place], token) for place, token in scored] for owner, scored in tree.scored}


def test_a_context_is_read_once_for_all_its_continuations():
    tree = tree_of(0, [one(0, [1, 2, 3], [4], [5, 6, 7])])
    assert [(list(row.tokens), row.after) for row in tree.rows] == [([1, 2, 3], None), ([5, 6], 0)]
    assert read(tree) == {
        (0, 0): [([1, 2, 3], 4)],
        (0, 1): [([1, 2, 3], 5), ([1, 2, 3, 5], 6), ([1, 2, 3, 5, 6], 7)],
    }


def test_contexts_that_begin_alike_share_their_beginning():
    asked = [one(number, [*SHOTS, number], [7, 8], [9]) for number in range(5)]
    ((shared, members),) = groups(asked, 10_000)
    assert (shared, len(members)) == (len(SHOTS), 5)
    tree = tree_of(shared, members)
    assert tree.tokens == len(SHOTS) + 5 * 2
    assert read(tree)[3, 0] == [([*SHOTS, 3], 7), ([*SHOTS, 3, 7], 8)]


def test_equal_contexts_keep_a_last_token_of_their_own():
    tree = tree_of(*groups([one(0, SHOTS, [1]), one(1, SHOTS, [2])], 10_000)[0])
    assert read(tree) == {(0, 0): [(SHOTS, 1)], (1, 0): [(SHOTS, 2)]}
    assert tree.tokens == len(SHOTS) + 1


def test_a_short_common_beginning_is_not_worth_a_row():
    asked = [one(number, [*SHOTS[: WORTH - 1], number, *range(50)], [7]) for number in range(3)]
    assert [shared for shared, _ in groups(asked, 10_000)] == [0, 0, 0]


def test_groups_and_passes_keep_to_their_tokens():
    asked = [one(number, [*SHOTS, number, number], [7, 8]) for number in range(40)]
    passes = passes_of(asked, len(SHOTS) + 20, 10_000)
    assert all(each.tokens <= len(SHOTS) + 20 for each in passes)
    owners = [owner for each in passes for tree in each.trees for owner, _ in tree.scored]
    assert sorted(owners) == [(number, 0) for number in range(40)]


def test_a_pass_scores_at_most_so_many_places():
    asked = [one(number, [number], [7, 8, 9]) for number in range(10)]
    assert [each.scored for each in passes_of(asked, 10_000, 7)] == [6] * 5


def test_the_longest_come_first():
    asked = [one(number, list(range(number + 1)), [7]) for number in range(6)]
    assert [each.tokens for each in passes_of(asked, 1, 1)] == [6, 5, 4, 3, 2, 1]


def test_how_much_two_texts_share():
    assert [common(*pair) for pair in (([1, 2, 3], [1, 2, 4]), ([], [1]), ([1, 2], [1, 2, 3]), ([2], [1]))] == [
        2,
        0,
        2,
        0,
    ]
