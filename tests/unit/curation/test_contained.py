"""Short texts within longer ones: an item that a row quotes is found, however long the row is."""

from kotune.curation.contained import found_within, longest

ITEM = "바퀴가 생각보다 약해서 금방 부서졌어요"


def test_an_item_that_a_row_quotes_is_found_word_for_word():
    rows = ["전혀 다른 글입니다. " * 20, f"다음 문장은 긍정인가요?\n문장: {ITEM}\n부정입니다.", ITEM]
    (found,) = found_within([ITEM.replace(" ", "  ")], rows)
    assert (found.place, found.similarity, found.exact) == (1, 1.0, True)


def test_most_of_an_item_is_nearly_the_item():
    item = ITEM + ", 그래서 다시 사지는 않을 것 같습니다"
    (found,) = found_within([item], ["고객의 말: " + item.replace("같습니다", "같다")])
    assert not found.exact and 0.8 <= found.similarity < 1
    assert found_within([item], ["고객의 말: " + item[:20]]) == [None]


def test_a_text_of_few_characters_is_not_looked_for():
    assert found_within(["네", ""], ["네 네 네"]) == [None, None]


def test_what_stands_for_an_item_is_its_longest_text():
    assert longest(["짧다", "이 글이 더 길다", None]) == "이 글이 더 길다"
    assert longest([]) == ""
