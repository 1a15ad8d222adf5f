package filters

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedFilters tries every example of docs/filters.md: those under
// "Mistakes" must fail with the words beside them, all others must parse.
func TestDocumentedFilters(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "filters.md"))
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([^`]*)` \\| (.*) \\|$")
	mistakes := false
	good, bad := 0, 0
	for line := range strings.Lines(string(text)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			mistakes = strings.TrimSpace(title) == "Mistakes"
		}
		cells := row.FindStringSubmatch(strings.TrimSpace(line))
		if cells == nil {
			continue
		}
		_, err := Parse(cells[1])
		switch {
		case mistakes && (err == nil || !strings.Contains(err.Error(), cells[2])):
			t.Errorf("%s: %v, but %q is documented", cells[1], err, cells[2])
		case !mistakes && err != nil:
			t.Errorf("%s: %v", cells[1], err)
		case mistakes:
			bad++
		default:
			good++
		}
	}
	if good < 25 || bad < 9 {
		t.Errorf("only %d and %d examples were found", good, bad)
	}
	for _, f := range fields {
		if !strings.Contains(string(text), "`"+f.name+":") {
			t.Errorf("the field %s is not documented", f.name)
		}
		for _, word := range f.words {
			if !strings.Contains(string(text), "`"+word+"`") && !strings.Contains(string(text), "`"+f.name+":"+word+"`") {
				t.Errorf("the value %s of %s is not documented", word, f.name)
			}
		}
	}
}
