"""What kind of thing an answer is: a number, a date, a person, an organisation, a place, or something else.

A plain rule by characters and lists of words, for tables that ask where a gain comes from; it never decides a score.
What it is not sure of is `other`. docs/metrics.md holds how often it is right. Reads and writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kotune.core.storage import Json

NUMBER, DATE, PERSON, ORGANISATION, PLACE, OTHER = KINDS = (
    "number", "date", "person", "organisation", "place", "other",
)  # fmt: skip

_DATE = re.compile(
    r"\d+\s?년대?(?!\s?(?:간|동안|만|째|차|생|이하|이상|미만))|\d+\s?월|\d+\s?일(?!간|째)|\d+\s?세기|\d+\s?분기|\d+\s?시(?!간)"
    r"|^(?:[월화수목금토일]요일|오늘|내일|어제|올해|내년|지난해|작년|상반기|하반기)"
)
_NUMBER = re.compile(
    r"\d|^[일이삼사오육칠팔구십백천만억조\s]{2,}$|^(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s?(?:명|개|번|배|곳)$"
)
_ORGANISATIONS = (
    "은행|증권|보험|카드|그룹|전자|화학|건설|자동차|중공업|통신|제약|식품|유통|물산|상사|홀딩스|조선|항공|반도체|바이오|네트웍스|"
    "게임즈|회사|공사|공단|협회|재단|연구원|연구소|위원회|법원|검찰청?|경찰청?|국회|정당|[가-힣]당|노조|노동조합|대학교?|학교|병원|"
    "신문|방송|일보|연맹|연합|조합|클럽|구단|부대|사단|[가-힣]{2}부|[가-힣]{2,}청|[가-힣]{2,}처"
)
_ORGANISATION = re.compile(rf"(?:{_ORGANISATIONS})$|㈜|\(주\)")
_PLACES = (
    "한국|대한민국|북한|남한|미국|중국|일본|영국|독일|프랑스|러시아|소련|인도|호주|캐나다|이탈리아|스페인|브라질|멕시코|터키|이란|이라크|"
    "이스라엘|베트남|태국|대만|싱가포르|유럽|아시아|아프리카|서울|부산|대구|인천|광주|대전|울산|세종|제주|경기|강원|충북|충남|전북|전남|"
    "경북|경남|런던|파리|뉴욕|도쿄|베이징|상하이|모스크바|평양|개성"
)
_PLACE = re.compile(
    rf"^(?:{_PLACES})(?:특별시|광역시|시|도)?$|(?:특별시|광역시|자치도)$|^[가-힣]{{2,4}}(?:시|읍|역|섬|공항|해협|반도)$"
    r"|^[가-힣]{3,4}(?:군|구|동)$|[가-힣] (?:지역|공항)$"
)
_SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현함변염여추도소석선설마길연위"
    "표명기반왕금옥육인맹제모탁국어은편용나"
)
_TITLES = "씨|군|양|대표|회장|사장|장관|총리|대통령|교수|박사|의원|감독|선수|기자|연구원|위원장|총재|장군|왕|황제|여사"
_PERSON = re.compile(
    rf"^[{_SURNAMES}][가-힣]{{2}}$|^[가-힣]{{2,4}}\s(?:{_TITLES})$|^[가-힣]+(?:\s[가-힣]+){{0,2}}\s(?:{_TITLES})$"
)
# three syllables that begin like a name and are none; what ends so is a thing
_NO_NAME = re.compile(
    r"(?:기|제|법|화|성|력|품|론|률|율|금|권|세|수|업|작|전|책|회|형|물|서|선|도|부|비|장|류|과|관|도자|주의|사건|전쟁|설|병|인|님|군|단|점|식|음|문"
    r"|산|국|족|어|극|곡)$"
)


def kind_of(answer: str) -> str:
    """Return the kind of an answer (`KINDS`)."""
    text = answer.strip().strip("《》〈〉\"'“”‘’.,")
    if _DATE.search(text):
        return DATE
    if _NUMBER.search(text):
        return NUMBER
    if _ORGANISATION.search(text):
        return ORGANISATION
    if _PLACE.search(text):
        return PLACE
    if _PERSON.search(text) and not (len(text) == 3 and _NO_NAME.search(text)):
        return PERSON
    return OTHER


def measured(labelled: Sequence[tuple[str, str]]) -> Json:
    """Return, of each kind, how often the rule says it, how often that is right, and how often it is labelled so."""
    said = [(kind_of(text), kind) for text, kind in labelled]
    return {
        kind: {
            "said": sum(one == kind for one, _ in said),
            "right": sum(one == kind == other for one, other in said),
            "labelled": sum(other == kind for _, other in said),
        }
        for kind in KINDS
    }
