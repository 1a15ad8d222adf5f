package filters

import (
	"fmt"
	"slices"
	"strings"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
)

// field is what the language knows about one field. To add one is to add it to
// fields.
type field struct {
	name    string
	example string   // a value
	words   []string // the only values there are, or nil for any
	// predicate is "one of values"; values passed check.
	predicate func(values []pattern) predicate
	// meaning is what one of words stands for, as a set: two words find a
	// message in common only if they have something in common here, and one
	// finds all that another does if it has all that the other has. Empty: of
	// this word that is not known. Nil for fields that have any values, of
	// which the texts are compared.
	meaning func(word string) []string
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
		meaning: func(word string) []string { return []string{bus.EnvironmentClass(word)} },
	},
	{
		name:    "is",
		example: "replayed",
		words:   []string{"live", "replayed", "archive", "file", "own", "malformed", "changed"},
		predicate: func(values []pattern) predicate {
			var p byColumns
			var marked predicate
			for _, v := range values {
				switch word := v.text(); word {
				case "malformed":
					p.malformed = true
				case "changed":
					marked = byMark(history.MarkChanged)
				default:
					p.origins[slices.Index(originWords, word)] = 1
				}
			}
			switch {
			case marked == nil:
				return &p
			case len(values) == 1:
				return marked
			}
			return &anyOf{[]predicate{&p, marked}}
		},
		meaning: func(word string) []string {
			if slices.Contains(originWords, word) {
				return []string{word}
			}
			return nil // a message of any origin may be malformed
		},
	},
	{
		name:      "sig",
		example:   "invalid",
		words:     crypto.VerdictWords(),
		predicate: newByVerdict,
		meaning: func(word string) []string {
			var codes []string
			for _, code := range crypto.CodesNamed(word) {
				codes = append(codes, code.String())
			}
			return codes
		},
	},
	{
		name:      "cn",
		example:   "koji*",
		predicate: newSignerPredicate,
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
