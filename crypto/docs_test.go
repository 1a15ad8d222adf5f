package crypto

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The page on security shows the table of verdicts as it is.
func TestDocumentedVerdicts(t *testing.T) {
	page, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "<!-- verdicts -->")
	table, _, found := strings.Cut(rest, "<!-- /verdicts -->")
	if !found {
		t.Fatal("docs/security.md has no table of verdicts")
	}
	want := "\n\n| class | code | short | means |\n| --- | --- | --- | --- |\n"
	shorts := map[string]Code{}
	for c := range Code(Codes) {
		want += fmt.Sprintf("| `%s` | `%s` | %s | %s |\n", c.Class(), c, c.Short(), c.Sentence())
		if other, twice := shorts[c.Short()]; twice {
			t.Errorf("%v and %v are both %s", other, c, c.Short())
		}
		shorts[c.Short()] = c
		if n := len(c.Short()); n < 2 || n > 3 {
			t.Errorf("%v has a short form of %d letters", c, n)
		}
	}
	if table != want+"\n" {
		t.Errorf("the table of docs/security.md is not that of verdict.go:\n%s", want)
	}
}

func TestCodesNamed(t *testing.T) {
	for word, want := range map[string]string{
		"ok": "[ok]", "caveat": "[nopolicy repaired expired-since stale-crl body-only]", "bad": "[bad]", "none": "[unsigned off]",
		"broker": "[broker]", "denied": "[policy envelope]", "invald": "[]", "": "[]",
	} {
		if got := fmt.Sprint(CodesNamed(word)); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
	for _, word := range VerdictWords() {
		if len(CodesNamed(word)) == 0 {
			t.Errorf("%q names nothing", word)
		}
	}
	if len(VerdictWords()) != Classes+Codes-3 { // pending, ok and broker are both
		t.Errorf("%d words", len(VerdictWords()))
	}
}
