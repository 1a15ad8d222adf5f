package themes

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/alecthomas/chroma/v2/styles"
)

//go:embed builtin/*.toml
var builtin embed.FS

// Auto is the name that stands for our own theme, dark or light as the
// terminal is.
const Auto = "auto"

// ownFamily is what Auto means.
const ownFamily = "fedmsg"

// Builtin are the names of our own themes. A name that ends in -dark or -light
// may be used without its ending: Get then chooses.
func Builtin() []string {
	return []string{
		"fedmsg-dark", "fedmsg-light",
		"high-contrast-dark", "high-contrast-light",
		"colour-blind-dark", "colour-blind-light",
		"terminal16", "mono",
	}
}

// Names are all names that Get takes: Auto, our own themes, then the styles of
// chroma in alphabetical order.
func Names() []string {
	names := append([]string{Auto}, Builtin()...)
	for _, name := range styles.Names() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Get is the theme of a name. dark says whether the terminal's background is
// dark, and chooses between the two of a pair where the name leaves it open:
// auto, fedmsg, high-contrast, colour-blind, terminal16. A name that does not
// exist is an error that names the nearest ones.
func Get(name string, dark bool) (*Theme, error) {
	wanted := strings.ToLower(strings.TrimSpace(name))
	wanted = strings.Replace(wanted, "color-blind", "colour-blind", 1)
	if wanted == Auto || wanted == "" {
		wanted = ownFamily
	}
	ending := "-light"
	if dark {
		ending = "-dark"
	}
	for _, file := range []string{wanted, wanted + ending} {
		text, err := fs.ReadFile(builtin, "builtin/"+file+".toml")
		if err == nil {
			theme, err := Parse(text)
			if err != nil {
				return nil, fmt.Errorf("built-in theme: %w", err)
			}
			return theme, nil
		}
	}
	if style, ok := styles.Registry[wanted]; ok {
		return FromChroma(style), nil
	}
	return nil, fmt.Errorf("no theme %q%s", name, meant(wanted, append(families(), Names()...)))
}

// families are the names of our own themes without their -dark or -light.
func families() []string {
	var names []string
	for _, name := range Builtin() {
		if family, ok := strings.CutSuffix(name, "-dark"); ok {
			names = append(names, family)
		}
	}
	return names
}

// meant is the end of an error message: the names that the writer may have
// meant, or nothing.
func meant(word string, names []string) string {
	type near struct {
		name     string
		distance int
	}
	var found []near
	for _, name := range names {
		limit := max(1, min(len(word), len(name))/3)
		if d := editDistance(strings.ToLower(word), strings.ToLower(name), limit); d <= limit {
			found = append(found, near{name, d})
		} else if len(word) >= 3 && strings.Contains(strings.ToLower(name), strings.ToLower(word)) {
			found = append(found, near{name, limit + 1})
		}
	}
	if len(found) == 0 {
		return ""
	}
	slices.SortStableFunc(found, func(a, b near) int { return a.distance - b.distance })
	text := "; did you mean "
	for i, f := range found[:min(3, len(found))] {
		if i > 0 {
			text += " or "
		}
		text += f.name
	}
	return text + "?"
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours between two words, and stops counting above limit. Words longer
// than 64 bytes are never near anything.
func editDistance(a, b string, limit int) int {
	if len(a) > 64 || len(b) > 64 || max(len(a)-len(b), len(b)-len(a)) > limit {
		return limit + 1
	}
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
