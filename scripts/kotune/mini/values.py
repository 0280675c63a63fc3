"""Random names and figures for the news patterns: ``sample(kind, rng, pool)``. Reads and writes no files.

Names of firms, banks, institutes, products, brands and people are put together from syllables by rule, so that none
is meant to be a real one. These kinds, cities and countries are split into two pools without a common member:
``train`` (for pretraining and the train rows) and ``held-out`` (for valid and test), so that a test article is
about names never seen.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Literal

_words = str.split  # a stock is written with blanks between its words
Pool = Literal["train", "held-out"]

# Stems that happen to be well-known names are left out.
_REAL_STEMS = {
    "하림",
    "가람",
    "아람",
    "하람",
    "이든",
    "이브",
    "다비",
    "누비",
    "해람",
    "온빛",
    "노림",
    "해비",
    "가브",
    "하비",
}
_FIRST = "누다루모벼솔아온이저초타하해노가라미세우"
_SECOND = "람브론비드림빛울결찬샘든멜돌율"
_FIRMS = _words(
    "전자 화학 중공업 제약 식품 건설 물산 모빌리티 바이오 에너지 테크 소재 통신 물류 게임즈 반도체 조선 철강 "
    "자동차 항공 "
    "유통 패션 시스템 산업 디스플레이"
)
_BRAND_FIRST = "늘달별꽃참빛숲샛봄풀"
_BRAND_SECOND = _words("마루 나래 가온 보미 다솜 하나래 여울 비채 누리담 소담 하루 모아 온길 채움 이음")
_PRODUCT_STEMS_FIRST = "아루제카네베리노오유"
_PRODUCT_STEMS_SECOND = _words("라온 비스 리아 디안 로나 파인 토라 멜로 센트 니크 크론 벨라")
_SURNAMES = "김이박최정강조윤장임한오서신권황안송류홍전고문양손배백허남심"
_GIVEN_FIRST = "도서지민하예준시윤수은현재태승우유건채규"
_GIVEN_SECOND = "윤연우준아원진호현민서영빈율희석환경주훈"
_CITIES = _words(
    "용인시 수원시 성남시 고양시 화성시 부천시 안산시 안양시 평택시 시흥시 파주시 김포시 의정부시 광명시 "
    "군포시 하남시 오산시 "
    "이천시 안성시 구리시 양주시 포천시 여주시 춘천시 원주시 강릉시 동해시 속초시 삼척시 청주시 충주시 "
    "제천시 천안시 공주시 "
    "보령시 아산시 서산시 논산시 당진시 전주시 군산시 익산시 정읍시 남원시 김제시 목포시 여수시 순천시 "
    "나주시 광양시 포항시 "
    "경주시 김천시 안동시 구미시 영주시 영천시 상주시 문경시 경산시 창원시 진주시 통영시 사천시 김해시 "
    "밀양시 거제시 양산시 "
    "제주시 서귀포시"
)
_COUNTRIES = _words(
    "베트남 인도네시아 인도 태국 말레이시아 필리핀 싱가포르 캄보디아 방글라데시 파키스탄 카자흐스탄 "
    "우즈베키스탄 몽골 중국 일본 대만 "
    "호주 뉴질랜드 미국 캐나다 멕시코 브라질 아르헨티나 칠레 페루 콜롬비아 독일 프랑스 영국 이탈리아 스페인 "
    "포르투갈 네덜란드 벨기에 "
    "스웨덴 노르웨이 덴마크 핀란드 폴란드 헝가리 체코 루마니아 튀르키예 이집트 모로코 케냐 나이지리아 "
    "사우디아라비아 카타르 오만"
)

_CLOSED: dict[str, list[str]] = {
    "agency": _words(
        "한국은행 통계청 금융위원회 금융감독원 기획재정부 산업통상자원부 국토교통부 고용노동부 "
        "공정거래위원회 중소벤처기업부 관세청 국세청 "
        "조달청 특허청 환경부 보건복지부 해양수산부 농림축산식품부 과학기술정보통신부 한국거래소 "
        "예금보험공사 한국주택금융공사 주택도시보증공사 "
        "한국부동산원 한국전력거래소 한국소비자원 신용보증기금 한국무역협회 대한상공회의소 한국토지주택공사"
    ),
    "role": _words(
        "대표 부사장 전무 상무 이사 본부장 실장 팀장 센터장 연구위원 선임연구위원 연구원 수석연구원 과장 "
        "국장 차관보 위원 부위원장 교수 "
        "애널리스트 이코노미스트 지점장 사무관 회장 부회장"
    ),
    "region": _words(
        "경기도 강원도 충청북도 충청남도 전라북도 전라남도 경상북도 경상남도 제주도 서울 부산 대구 인천 광주 "
        "대전 울산 세종 수도권 영남권 "
        "호남권 충청권"
    ),
    "sector": _words(
        "반도체 조선 철강 자동차 석유화학 정유 디스플레이 이차전지 바이오 건설 유통 금융 보험 통신 게임 항공 "
        "해운 기계 섬유 식품 화장품 제약 "
        "방산 로봇 원전"
    ),
    "item": _words(
        "자동차 이차전지 화장품 반도체 석유제품 선박 철강판 무선통신기기 컴퓨터 디스플레이 자동차부품 "
        "가전제품 의약품 라면 김치 김 소주 "
        "비누 타이어 변압기 전선 합성수지 합성고무 알루미늄 구리 니켈 리튬 밀가루 설탕 커피 쇠고기 돼지고기 "
        "달걀 우유 사과 배추 양파 마늘 "
        "의료기기 공작기계 건설기계 태양전지 풍력터빈 로봇청소기 냉장고 세탁기 에어컨 노트북 운동화 가구"
    ),
    "index": _words(
        "코스피 코스닥 나스닥 다우지수 S&P500 닛케이225 항셍지수 상하이종합지수 코스피200 유로스톡스50 "
        "필라델피아반도체지수"
    ),
    "half": ["상반기", "하반기"],
    "quarter": ["1분기", "2분기", "3분기", "4분기"],
    "month": [f"{m}월" for m in range(1, 13)],
    "age": [
        "20대",
        "30대",
        "40대",
        "50대",
        "60대",
        "60세 이상",
        "65세 이상",
        "70세 이상",
        "15~29세",
        "19~34세",
        "30대 이하",
    ],
}


def grouped(number: int) -> str:
    """A number with Korean myriads as newspapers write it: 12500 → ``1만2500``, 3_2000_0000_0000 → ``3조2000억``."""
    parts = []
    for name in ("", "만", "억", "조"):
        number, low = divmod(number, 10_000)
        if low:
            parts.append(f"{low}{name}")
    return "".join(reversed(parts)) or "0"


def rounded(rng: random.Random, low: int, high: int, digits: int = 2) -> int:
    """A whole number, even on a logarithmic scale from low to high, with at most ``digits`` leading digits."""
    value = round(low * (high / low) ** rng.random())
    step = 10 ** max(0, len(str(value)) - digits)
    return max(low, value // step * step)


def _cross(firsts: str, seconds: list[str] | str, held_out: bool) -> list[str]:
    """The stems of a pool: every fifth diagonal of the grid is held out, so that both pools hold every syllable."""
    return [
        a + b
        for i, a in enumerate(firsts)
        for j, b in enumerate(seconds)
        if ((i + 2 * j) % 5 == 0) == held_out and a + b not in _REAL_STEMS
    ]


@cache
def names(kind: str, pool: Pool) -> tuple[str, ...]:
    """All names of an open kind in a pool. The two pools of a kind have no common member."""
    held_out = pool == "held-out"
    stems = _cross(_FIRST, _SECOND, held_out)
    match kind:
        case "company":
            found = [stem + firm for stem in stems for firm in _FIRMS]
        case "bank":
            found = [stem + tail for stem in stems for tail in ("은행", "저축은행", "뱅크")]
        case "brokerage":
            found = [stem + tail for stem in stems for tail in ("증권", "투자증권", "금융투자")]
        case "institute":
            tails = ("경제연구원", "산업연구소", "금융연구소", "정책연구원", "리서치", "경제연구소")
            found = [stem + tail for stem in stems for tail in tails]
        case "brand":
            found = _cross(_BRAND_FIRST, _BRAND_SECOND, held_out)
        case "product":
            found = _cross(_PRODUCT_STEMS_FIRST, _PRODUCT_STEMS_SECOND, held_out)
        case "person":
            given = _cross(_GIVEN_FIRST, _GIVEN_SECOND, held_out)
            found = [surname + name for surname in _SURNAMES for name in given if name[0] != name[1]]
        case "city" | "country":
            found = [n for i, n in enumerate(_CITIES if kind == "city" else _COUNTRIES) if (i % 5 == 2) == held_out]
        case _:
            raise KeyError(kind)
    return tuple(found)


OPEN_KINDS = ("company", "bank", "brokerage", "institute", "brand", "product", "person", "city", "country")


def _product(rng: random.Random, pool: Pool) -> str:
    stem = rng.choice(names("product", pool))
    model = rng.choice("ABEGKLMNQRSTVXZ") + str(rng.choice([*range(1, 10), 10, 20, 30, 50, 90, 100, 300, 500]))
    return f"{stem} {model}"


def _percent(rng: random.Random) -> str:
    return f"{rng.choice([rng.uniform(0.1, 9.9), rng.uniform(0.1, 9.9), rng.uniform(10, 79)]):.1f}%".replace(".0%", "%")


def _won(rng: random.Random) -> str:
    if rng.random() < 0.4:
        return grouped(rng.randint(1, 48) * 10**12 + rng.choice([0, rng.randint(1, 99) * 10**10])) + "원"
    return grouped(rounded(rng, 12, 9800, rng.choice([2, 2, 3])) * 10**8) + "원"


def _price(rng: random.Random) -> str:
    return grouped(rounded(rng, 900, 680_000, 3) // 100 * 100) + "원"


def _dollar(rng: random.Random) -> str:
    if rng.random() < 0.6:
        return f"{rounded(rng, 2, 690, 3)}억달러"
    return grouped(rounded(rng, 300, 99_000, 2) * 10**4) + "달러"


def _decimals(low: float, high: float, places: int, tail: str) -> Callable[[random.Random], str]:
    return lambda rng: f"{rng.uniform(low, high):.{places}f}{tail}"


def _count(low: int, high: int, tail: str, digits: int = 2) -> Callable[[random.Random], str]:
    return lambda rng: grouped(rounded(rng, low, high, digits)) + tail


def _point(rng: random.Random) -> str:
    value = rng.choice([0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 0.75, round(rng.uniform(0.2, 4.9), 1)])
    return f"{value:g}%포인트"


def _date(rng: random.Random) -> str:
    day = rng.randint(1, 28)
    return f"{day}일" if rng.random() < 0.5 else f"{rng.randint(1, 12)}월 {day}일"


def _period(rng: random.Random) -> str:
    return rng.choice([f"{rng.randint(1, 10)}년", f"{rng.randint(2, 24)}개월", f"{rng.choice([15, 20, 30])}년"])


_VALUES: dict[str, Callable[[random.Random], str]] = {
    "percent": _percent,
    "point": _point,
    "won": _won,
    "price": _price,
    "dollar": _dollar,
    "fx": _decimals(1150, 1480, 1, "원"),
    "people": _count(30, 900_000, "명"),
    "homes": _count(80, 60_000, "가구"),
    "units": _count(200, 1_900_000, "대"),
    "cases": _count(15, 90_000, "건"),
    "shares": _count(2_000, 60_000_000, "주"),
    "tons": _count(300, 9_000_000, "톤"),
    "megawatts": lambda rng: f"{rounded(rng, 5, 1900)}MW",
    "area": _count(1_200, 3_000_000, "㎡"),
    "index_value": _decimals(620, 5400, 2, ""),
    "points": _decimals(1, 98, 2, "포인트"),
    "multiple": lambda rng: f"{rng.uniform(1.2, 9.9):.1f}배".replace(".0배", "배"),
    "rank": lambda rng: f"{rng.randint(1, 20)}위",
    "date": _date,
    "year": lambda rng: f"{rng.randint(2018, 2036)}년",
    "period": _period,
    "weeks": lambda rng: f"{rng.randint(2, 52)}주",
    "stores": _count(12, 9_000, "곳"),
}

KINDS = frozenset(OPEN_KINDS) | frozenset(_CLOSED) | frozenset(_VALUES)


def sample(kind: str, rng: random.Random, pool: Pool = "train") -> str:
    """One random value of ``kind`` as text. The pool matters for the open kinds only (see ``OPEN_KINDS``)."""
    if kind == "product":
        return _product(rng, pool)
    if kind in OPEN_KINDS:
        return rng.choice(names(kind, pool))
    if kind in _CLOSED:
        return rng.choice(_CLOSED[kind])
    if kind in _VALUES:
        return _VALUES[kind](rng)
    raise KeyError(f"unknown kind {kind!r}; known: {', '.join(sorted(KINDS))}")
