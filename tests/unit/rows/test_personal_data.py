"""Personal data is found in Korean sentences, where particles follow directly; near-misses are left alone."""

import time

import pytest

from kotune.rows import personal_data


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("010-1234-5678로 연락 주세요", ["telephone"]),
        ("번호는01012345678이다", ["telephone"]),
        ("+82 10-1234-5678에", ["telephone"]),
        ("02-123-4567은 서울, 064-123-4567은 제주", ["telephone", "telephone"]),
        ("고객센터 1577-1588로", ["telephone"]),
        ("1588-0000번", ["telephone"]),
        ("주민번호는 900101-1234567이고", ["resident_registration"]),
        ("210305-4000000인데", ["resident_registration"]),
        ("9001015234567입니다", ["foreigner_registration"]),
        ("사업자 123-45-67891의", ["business_registration"]),
        ("카드 4111-1111-1111-1111로", ["card"]),
        ("가나은행 123-456-789012로 입금", ["account"]),
        ("hong@example.com으로", ["e_mail"]),
        ("０１０－１２３４－５６７８로", ["telephone"]),
        ("(010-1234-5678)", ["telephone"]),
        ("(02) 123-4567이나 010 - 1234 - 5678로", ["telephone", "telephone"]),
        ("사업자등록번호 1234567891인", ["business_registration"]),
        ("123-456-789012(가나은행)로", ["account"]),
        ("카드 3782 822463 10005를", ["card"]),
        ("991231-4000000은 2099년생이 아니다", []),
        ("숫자 1234567891은", []),
        ("은행에서 1234567890원을", []),
        ("임진왜란(1592-1598)과 1800-1850년", []),
        ("2024-01-15부터 12,345,678원", []),
        ("ISBN 979-11-1234-567-8은", []),
        ("주문 20240115-0001234를", []),
        ("991301-1234567은 날짜가 아니다", []),
        ("123-45-67890의 검사 숫자는 틀리다", []),
        ("4111-1111-1111-1112도 틀리다", []),
        ("번호 123-456-789012를 골랐다", []),
        ("sha256:ab0212345678cd와 e01012345678", []),
    ],
)
def test_kinds_of_a_sentence(text: str, kinds: list[str]):
    assert [one.kind for one in personal_data.found(text)] == kinds


def test_masks_only_the_kinds_asked_and_keeps_the_particle():
    text = "hong@example.com이나 010-1234-5678로"
    assert personal_data.masked(text, ["telephone"]) == "hong@example.com이나 [telephone]로"


def test_a_bracket_round_a_number_stays():
    assert personal_data.masked("(010-1234-5678)", ["telephone"]) == "([telephone])"
    assert personal_data.masked("(02)123-4567로", ["telephone"]) == "[telephone]로"


@pytest.mark.parametrize("number", ["1168200276", "1348672683"])  # python-stdnum's own examples
def test_the_check_digit_of_a_business_registration(number):
    assert personal_data.business_check(number)
    assert not personal_data.business_check(number[:9] + str((int(number[9]) + 1) % 10))


def test_long_runs_of_letters_and_digits_are_read_in_linear_time():
    started = time.process_time()
    assert personal_data.found("a." * 200_000 + "@" + "1-" * 200_000) == []
    assert time.process_time() - started < 5


def test_counts_by_kind_only():
    assert personal_data.counts(["010-1234-5678과 02-123-4567", "없다"]) == {"telephone": 2}
