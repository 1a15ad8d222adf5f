package demo

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// The bodies are JSON files, one object per area: its keys are topics without
// prefix and environment (and, behind a '#', a variant), its values what "msg"
// holds. Strings have holes:
//
//	${name}    a word of the scene or a fresh one, see holes
//	${a|b|c}   one of these
//	${1..99}   a number from 1 to 99
//	${#…}      the same, and the string's quotes go: the value is a number,
//	           true, null; only where the hole is all of the string
//	@part      all of the string: the part of that name, from parts.json
//
//go:embed bodies/*.json
var bodyFiles embed.FS

// body is a template in canonical form, cut at its holes, so that filling it
// is nothing but appending.
type body struct {
	pieces []piece
}

// piece is fixed text and the hole behind it; the last piece has none.
type piece struct {
	literal string
	hole    hole
}

// hole appends a word in canonical JSON, without quotes.
type hole func(dst []byte, sc *scene) []byte

func (b *body) fill(dst []byte, sc *scene) []byte {
	for i := range b.pieces {
		p := &b.pieces[i]
		dst = append(dst, p.literal...)
		if p.hole != nil {
			dst = p.hole(dst, sc)
		}
	}
	return dst
}

// bodies are all templates, read at the first use: programs that never show a
// demonstration do not pay for them.
var bodies = sync.OnceValue(func() map[string]*body {
	all, err := readBodies()
	if err != nil {
		panic("demo: " + err.Error()) // the files are part of the program
	}
	return all
})

func readBodies() (map[string]*body, error) {
	parts, err := readBodyFile("parts.json")
	if err != nil {
		return nil, err
	}
	entries, err := bodyFiles.ReadDir("bodies")
	if err != nil {
		return nil, fmt.Errorf("reading the bodies: %w", err)
	}
	all := make(map[string]*body)
	for _, entry := range entries {
		if entry.Name() == "parts.json" {
			continue
		}
		named, err := readBodyFile(entry.Name())
		if err != nil {
			return nil, err
		}
		for name, v := range named {
			if all[name] != nil {
				return nil, fmt.Errorf("body %s is there twice", name)
			}
			if all[name], err = newBody(v, parts); err != nil {
				return nil, fmt.Errorf("body %s: %w", name, err)
			}
		}
	}
	return all, nil
}

func readBodyFile(name string) (map[string]any, error) {
	text, err := bodyFiles.ReadFile("bodies/" + name)
	if err != nil {
		return nil, fmt.Errorf("reading the bodies: %w", err)
	}
	v, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("reading bodies/%s: %w", name, err)
	}
	named, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("bodies/%s is not an object", name)
	}
	return named, nil
}

// newBody cuts a decoded template at its holes.
func newBody(v any, parts map[string]any) (*body, error) {
	b := &body{}
	var literal strings.Builder
	write := func(s string) { literal.WriteString(s) }
	cut := func(h hole) {
		b.pieces = append(b.pieces, piece{literal.String(), h})
		literal.Reset()
	}
	depth := 0
	var text func(string) error
	text = func(s string) error {
		if name, ok := strings.CutPrefix(s, "@"); ok {
			part, ok := parts[name]
			if !ok || depth > 8 {
				return fmt.Errorf("no part %q, or parts within each other", name)
			}
			depth++
			err := walkCanonical(part, write, text)
			depth--
			return err
		}
		bare := strings.HasPrefix(s, "${#")
		if !bare {
			write(`"`)
		}
		for {
			before, rest, found := strings.Cut(s, "${")
			write(inside(before))
			if !found {
				break
			}
			name, after, closed := strings.Cut(rest, "}")
			if !closed || bare && after != "" {
				return fmt.Errorf("broken hole in %q", s)
			}
			h, err := newHole(strings.TrimPrefix(name, "#"))
			if err != nil {
				return err
			}
			cut(h)
			s = after
		}
		if !bare {
			write(`"`)
		}
		return nil
	}
	if err := walkCanonical(v, write, text); err != nil {
		return nil, err
	}
	cut(nil)
	return b, nil
}

// newHole reads what stands between ${ and }.
func newHole(expr string) (hole, error) {
	if h, ok := holes[expr]; ok {
		return h, nil
	}
	if strings.Contains(expr, "|") {
		words := strings.Split(expr, "|")
		for i := range words {
			words[i] = inside(words[i])
		}
		return func(dst []byte, sc *scene) []byte { return append(dst, pick(sc.dice, words)...) }, nil
	}
	if first, last, ok := strings.Cut(expr, ".."); ok {
		lo, err := strconv.Atoi(first)
		if err != nil {
			return nil, fmt.Errorf("range %s: %w", expr, err)
		}
		hi, err := strconv.Atoi(last)
		if err != nil {
			return nil, fmt.Errorf("range %s: %w", expr, err)
		}
		if hi < lo {
			return nil, fmt.Errorf("range %s is empty", expr)
		}
		return func(dst []byte, sc *scene) []byte {
			return appendInt(dst, int64(lo+sc.dice.below(hi-lo+1)))
		}, nil
	}
	return nil, fmt.Errorf("no hole is called %q", expr)
}
