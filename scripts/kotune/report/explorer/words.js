// The page's own words, in English and in Korean; `say` gives them in the language that is chosen.
const WORDS = {
  en: {
    heading: "Answers explorer", skip: "Go to the rows", set: "Study and rows", a: "Compare (A)", b: "with (B)", swap: "⇄",
    swap_long: "Swap A and B", keys: "Keys", close: "Close", other_language: "한국어", flips: "How rows turned from A to B",
    filters: "Filters", search: "Search texts and answers", show: "Rows", show_all: "all that pass the filters",
    show_chosen: "chosen by rule", each: "Choose of each", split: "Split", outcome: "Right or wrong", end: "Answer of B",
    sort: "Order", shown: "Answers shown and searched", model: "Model", arm: "Arm", seed: "Seed", reset: "Clear filters",
    rows: "Rows", detail: "The row and its answers", any: "any", all: "all", back: "Back to the rows", next: "Next row",
    previous: "Previous row", broken: "right → wrong", mended: "wrong → right", both_right: "both right",
    both_wrong: "both wrong", turned_off: "yes → no", turned_on: "no → yes", both_on: "both yes", both_off: "both no",
    uncounted: "not counted", b_right: "B right", b_wrong: "B wrong", b_on: "B yes", b_off: "B no", changed: "A and B say different things",
    same: "A and B say the same", disagree: "answers shown disagree", none_right: "no answer shown is right",
    by_file: "as in the file", by_gain: "largest gain from A to B", by_loss: "largest loss from A to B",
    by_low: "lowest score of B", by_long: "longest answer of B", by_repeats: "most repetition in B",
    right: "right", wrong: "wrong", yes: "yes", no: "no", empty_answer: "(empty answer)", no_answer: "(no answer to this row)",
    gold: "gold answer", no_gold: "no gold answer", more: "Show all {0} characters", found: "{0} of {1} rows", nothing: "No row passes the filters.",
    no_row: "Choose a row.", said_raw: "as generated, before clean-up", said_reasoning: "reasoning", said_thoughts: "thoughts", said_sums: "log-likelihoods of the options",
    characters: "characters", gain: "largest gain from A to B", loss: "largest loss from A to B",
    kept: "right before and after, highest score of B", unchanged: "wrong before and after, lowest score of B", longest: "most repetition in B", scale: "Scale: {0}.",
    not_free: "These rows may not be redistributed: {0} (licence: {1}). This page holds their texts. Keep it on this machine; do not publish it.",
    not_known: "Nothing says whether these rows may be redistributed: {0} (licence: {1}). This page holds their texts; find out before you pass it on.",
    rule_start: "Chosen by rule, never by hand: of each {0}, among the rows that pass the filters and that A and B were both asked, ",
    rule_gain: "the largest gain and the largest loss by {0}", rule_rise: "the largest rise and the largest fall of {0}",
    rule_unchanged: "; of those right before and after the one with B's highest score, of those wrong before and after the one with its lowest",
    rule_repeats: "; and B's answer in which a piece of 20 characters stands most often ({0} times at least). Of equals the lowest id.",
    rise: "largest rise from A to B", fall: "largest fall from A to B",
    no_rule: "No rule says which of these answers are right, so that none is counted.",
    runs_left: "{0} more runs are in the results and not on this page.", loading: "Loading …", failed: "The page's data cannot be read: {0}",
    metric_is: "{0} is {1}", copy_of: "a piece of 20 characters stands {0} times",
    "ended": "ended", "cut off": "cut off at the limit", "empty": "empty", "not asked": "not asked (too long)", "other": "other end",
    k_search: "search", k_move: "next or previous row (also j, k)", k_page: "a page of rows", k_ends: "first or last row",
    k_flip: "next or previous row that turned", k_open: "read the row's answers", k_escape: "back to the rows; leave the search",
    k_tab: "filters, rows, answers",
  },
  ko: {
    heading: "답변 탐색기", skip: "문항 목록으로", set: "연구와 문항", a: "비교 기준 (A)", b: "비교 대상 (B)", swap: "⇄",
    swap_long: "A와 B 바꾸기", keys: "단축키", close: "닫기", other_language: "English", flips: "A에서 B로 바뀐 문항",
    filters: "필터", search: "본문과 답변 검색", show: "문항", show_all: "필터에 맞는 전체", show_chosen: "규칙으로 고른 문항",
    each: "고르는 단위", split: "분할", outcome: "정답 여부", end: "B의 답변", sort: "순서", shown: "보고 검색할 답변", model: "모델",
    arm: "실험군", seed: "시드", reset: "필터 지우기", rows: "문항", detail: "문항과 답변", any: "모두", all: "모두",
    back: "목록으로", next: "다음 문항", previous: "이전 문항", broken: "정답 → 오답", mended: "오답 → 정답", both_right: "둘 다 정답",
    both_wrong: "둘 다 오답", turned_off: "예 → 아니요", turned_on: "아니요 → 예", both_on: "둘 다 예", both_off: "둘 다 아니요",
    uncounted: "세지 않음", b_right: "B 정답", b_wrong: "B 오답", b_on: "B 예", b_off: "B 아니요", changed: "A와 B의 답이 다름",
    same: "A와 B의 답이 같음", disagree: "보이는 답변끼리 엇갈림", none_right: "보이는 답변이 모두 오답", by_file: "파일 순서",
    by_gain: "A에서 B로 가장 많이 오른 순", by_loss: "A에서 B로 가장 많이 내린 순", by_low: "B의 점수가 낮은 순", by_long: "B의 답변이 긴 순",
    by_repeats: "B에 반복이 많은 순", right: "정답", wrong: "오답", yes: "예", no: "아니요", empty_answer: "(빈 답변)",
    no_answer: "(이 문항에 답변 없음)", gold: "정답", no_gold: "정답 없음", more: "{0}자 모두 보기", found: "{1}개 중 {0}개 문항",
    nothing: "필터에 맞는 문항이 없습니다.", no_row: "문항을 고르세요.", said_raw: "다듬기 전 생성 그대로", said_reasoning: "추론",
    said_thoughts: "생각", said_sums: "선택지의 로그 우도", characters: "글자", gain: "A에서 B로 가장 많이 오름", loss: "A에서 B로 가장 많이 내림",
    kept: "전후 모두 정답, B의 점수가 가장 높음", unchanged: "전후 모두 오답, B의 점수가 가장 낮음", longest: "B에 반복이 가장 많음", scale: "규모: {0}.",
    not_free: "재배포할 수 없는 문항입니다: {0} (라이선스: {1}). 이 문서에 본문이 들어 있으니 이 컴퓨터에만 두고 공개하지 마세요.",
    not_known: "재배포해도 되는지 알려진 바가 없는 문항입니다: {0} (라이선스: {1}). 이 문서에 본문이 들어 있으니 전하기 전에 확인하세요.",
    rule_start: "손으로 고르지 않고 규칙으로 골랐습니다. {0}마다, 필터에 맞고 A와 B가 모두 질문받은 문항 가운데: ",
    rule_gain: "{0} 기준으로 가장 많이 오른 문항과 가장 많이 내린 문항", rule_rise: "{0} 값이 가장 많이 늘어난 문항과 가장 많이 줄어든 문항",
    rule_unchanged: "; 전후 모두 정답이면서 B의 점수가 가장 높은 문항과 전후 모두 오답이면서 가장 낮은 문항",
    rule_repeats: "; B의 답변에 20자 조각이 가장 여러 번({0}번 이상) 나오는 문항. 같으면 id가 앞선 것입니다.",
    rise: "A에서 B로 가장 많이 늘어남", fall: "A에서 B로 가장 많이 줄어듦",
    no_rule: "이 답변의 정답 여부를 정하는 규칙이 없어 세지 않습니다.", runs_left: "결과에는 있으나 이 문서에 담지 않은 실행이 {0}개 있습니다.",
    loading: "불러오는 중 …", failed: "문서의 데이터를 읽을 수 없습니다: {0}", metric_is: "{0} = {1}",
    copy_of: "20자 조각이 {0}번 나옴", "ended": "끝까지 답함", "cut off": "길이 제한에서 잘림", "empty": "빈 답변",
    "not asked": "질문하지 않음 (너무 긺)", "other": "다르게 끝남", k_search: "검색", k_move: "다음 또는 이전 문항 (j, k도 됨)",
    k_page: "한 화면씩", k_ends: "처음 또는 끝 문항", k_flip: "정답 여부가 바뀐 다음 또는 이전 문항", k_open: "문항의 답변 읽기",
    k_escape: "목록으로 돌아가기, 검색 나가기", k_tab: "필터, 목록, 답변 사이를 오감",
  },
};
// what the page's documents call by a word of ours; names that a row file brings stay as they are
const NAMED = {
  "kind of gold answer": "정답의 종류", turns: "대화", "one turn": "한 번", "several turns": "여러 번", number: "수", date: "날짜",
  person: "사람", organisation: "기관", place: "장소", kind: "종류", category: "분류", question: "질문", options: "선택지",
  shots: "보기 문항", instruction: "지시문", input: "입력", article: "기사", "earlier turns": "앞선 대화", "system text": "시스템 문구",
};
let language = (navigator.language || "en").toLowerCase().startsWith("ko") ? "ko" : "en";

function say(key, ...values) {
  const text = WORDS[language][key] ?? key;
  return text.replace(/\{(\d)\}/g, (_, place) => String(values[Number(place)]));
}

function named(word) { return language === "ko" && Object.hasOwn(NAMED, word) ? NAMED[word] : visible(word); }

function sayAll() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-say-label]")) node.setAttribute("aria-label", say(node.dataset.sayLabel));
  for (const node of document.querySelectorAll("[data-say-title]")) {
    node.title = say(node.dataset.sayTitle);
    node.setAttribute("aria-label", say(node.dataset.sayTitle));
  }
}
