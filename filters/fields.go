package filters

import (
	"fmt"
	"slices"
	"strings"

	"fedmsg-tui/bus"
)

// field is what the language knows about one field. To add one is to add it to
// fields.
type field struct {
	name    string
	example string   // a value
	words   []string // the only values there are, or nil for any
	// predicate is "one of values"; values passed check.
	predicate func(values []pattern) predicate
}

// fields are all fields, in the order in which help and errors name them.
var fields = []*field{
	{
		name:    "topic",
		example: "bodhi*",
		predicate: func(values []pattern) predicate {
			globs := newGlobs(values)
			return byTopic(func(topic []byte) bool {
				return slices.ContainsFunc(globs, func(g glob) bool { return g.match(topic) })
			})
		},
	},
	{
		name:    "mod",
		example: "bodhi",
		predicate: func(values []pattern) predicate {
			globs := newGlobs(values)
			return byTopic(func(topic []byte) bool {
				service := bus.SplitTopic(topic).Service
				return slices.ContainsFunc(globs, func(g glob) bool { return g.matchWhole(service) })
			})
		},
	},
	{
		name:    "env",
		example: "prod",
		words:   []string{"prod", "stg", "dev", "production", "stage", "staging", "devel", "development"},
		predicate: func(values []pattern) predicate {
			var wanted []string
			for _, v := range values {
				wanted = append(wanted, bus.EnvironmentClass(v.text()))
			}
			return byTopic(func(topic []byte) bool {
				return slices.Contains(wanted, bus.EnvironmentClass(bus.SplitTopic(topic).Environment))
			})
		},
	},
	{
		name:    "is",
		example: "replayed",
		words:   []string{"live", "replayed", "archive", "file", "own", "malformed"},
		predicate: func(values []pattern) predicate {
			var p byColumns
			for _, v := range values {
				if origin := slices.Index(originWords, v.text()); origin >= 0 {
					p.origins[origin] = 1
				} else {
					p.malformed = true
				}
			}
			return &p
		},
	},
}

// originWords are the words of the origins, by bus.Origin.
var originWords = func() []string {
	var words []string
	for o := bus.Live; o <= bus.Own; o++ {
		words = append(words, o.String())
	}
	return words
}()

func fieldNamed(name string) *field {
	for _, f := range fields {
		if f.name == name {
			return f
		}
	}
	return nil
}

// check says what is wrong with a value, and what to do; "" when nothing is.
func (f *field) check(v pattern) (message, hint string) {
	word := v.text()
	if f.words == nil || slices.Contains(f.words, word) {
		return "", ""
	}
	hint = "one of " + strings.Join(f.words, ", ")
	if near := didYouMean(word, f.words); near != "" {
		hint = fmt.Sprintf("did you mean %s? (%s)", near, hint)
	}
	return fmt.Sprintf("%s cannot be %q", f.name, word), hint
}

func newGlobs(values []pattern) []glob {
	out := make([]glob, len(values))
	for i, v := range values {
		out[i] = newGlob(v)
	}
	return out
}
