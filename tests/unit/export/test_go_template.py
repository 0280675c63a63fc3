"""The part of Go's text/template that Ollama's templates here are made of; Go itself renders them alike where it is."""

import json
import shutil
import subprocess

import pytest
from taken_home import FAMILIES, family

from kotune.core.errors import UserError
from kotune.export.checks import dialogues
from kotune.export.go_template import go_rendered
from kotune.export.templates import ollama_template

GO = """
package main
import ("encoding/json"; "fmt"; "os"; "strings"; "text/template")
type C struct { Text string; Messages []struct{ Role, Content string }; Wanted string }
func main() {
  var cases []C
  if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil { panic(err) }
  for i, c := range cases {
    t, err := template.New("").Parse(c.Text)
    if err != nil { panic(err) }
    var s strings.Builder
    if err := t.Execute(&s, map[string]any{"Messages": c.Messages}); err != nil { panic(err) }
    if s.String() != c.Wanted { fmt.Println(i, s.String()) }
  }
}
"""
TWO = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]


def test_branches_and_variables():
    text = '{{ $x := "" }}{{ range .Messages }}{{ if eq .Role "user" }}{{ $x = .Content }}{{ else }}{{ $x }}{{ end }}{{ end }}'
    assert go_rendered(text, TWO) == "a"
    assert go_rendered('{{ if not $x }}{{ "n" }}{{ end }}'.replace("$x", '""'), []) == "n"


def test_a_branch_within_a_branch_that_is_not_taken_is_skipped_whole():
    text = '{{ range .Messages }}{{ if eq .Role "x" }}{{ if eq .Role "user" }}{{ "no" }}{{ else }}{{ "no" }}{{ end }}' \
        '{{ else if eq .Role "user" }}{{ "yes" }}{{ end }}{{ end }}{{ "!" }}'  # fmt: skip
    assert go_rendered(text, TWO) == "yes!"
    assert go_rendered(text, []) == "!"


def test_what_is_not_known_is_said():
    with pytest.raises(UserError, match="text outside its tags"):
        go_rendered("plain", [])
    with pytest.raises(UserError, match="not known here"):
        go_rendered("{{ .Tools }}", [])


@pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed")
def test_go_itself_renders_every_family_alike(tmp_path):
    cases = [
        {
            "Text": ollama_template(family(name)),
            "Messages": [{"Role": role, "Content": text} for role, text in turns],
            "Wanted": family(name).prompt(turns).removeprefix(family(name).bos or ""),
        }
        for name in FAMILIES
        for turns in dialogues(family(name))
    ]
    (tmp_path / "main.go").write_text(GO, encoding="utf-8")
    done = subprocess.run(
        ["go", "run", "main.go"], cwd=tmp_path, input=json.dumps(cases), capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
