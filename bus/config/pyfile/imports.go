package pyfile

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
)

// imports runs an import statement against the modules that exist here.
func (m *machine) imports(s *statement) error {
	if s.tokens[0].text == "from" {
		return m.importFrom(s)
	}
	var first error
	for _, part := range split(s.tokens[1:], ",") {
		path, as := importName(part)
		if path == "" {
			return &fault{line: s.line, text: "cannot be read: not a module's name", unsupported: true}
		}
		found := m.modules()[path]
		bound := as
		if bound == "" {
			// "import os.path" binds os.
			bound, _, _ = strings.Cut(path, ".")
			if found != nil {
				found = m.modules()[bound]
			}
		}
		if found == nil {
			m.missing[bound] = s.line
			delete(m.vars, bound)
			if first == nil {
				first = absent(s, path)
			}
			continue
		}
		m.vars[bound] = found
	}
	return first
}

func (m *machine) importFrom(s *statement) error {
	at := -1
	for i, t := range s.tokens {
		if t.is("import") {
			at = i
			break
		}
	}
	if at < 2 || at+1 >= len(s.tokens) {
		return &fault{line: s.line, text: "cannot be read: not an import", unsupported: true}
	}
	path, _ := importName(s.tokens[1:at])
	if path == "__future__" {
		return nil // it changes the language in ways that settings do not feel
	}
	names := s.tokens[at+1:]
	if names[0].is("(") && names[len(names)-1].is(")") {
		names = names[1 : len(names)-1]
	}
	found := m.modules()[path]
	var first error
	for _, part := range split(names, ",") {
		if len(part) == 0 {
			continue // a trailing comma
		}
		name, as := importName(part)
		if as == "" {
			as = name
		}
		if found == nil {
			first = absent(s, path)
		} else if value := found.members[name]; value != nil {
			m.vars[as] = value
			continue
		} else if first == nil {
			first = &fault{line: s.line, class: "ImportError", text: fmt.Sprintf("%s of module %s is not available to settings files", name, path)}
		}
		m.missing[as] = s.line
		delete(m.vars, as)
	}
	return first
}

func absent(s *statement, path string) error {
	return &fault{line: s.line, class: "ImportError", text: fmt.Sprintf("module %s is not available to settings files", path)}
}

// importName reads "a.b as c". path is empty when the tokens are no name.
func importName(tokens []token) (path, as string) {
	var b strings.Builder
	for i, t := range tokens {
		if t.is("as") && i > 0 && i+2 == len(tokens) && tokens[i+1].kind == nameToken {
			return b.String(), tokens[i+1].text
		}
		if t.kind != nameToken && !t.is(".") && !t.is("*") {
			return "", ""
		}
		b.WriteString(t.text)
	}
	return b.String(), ""
}

// del runs a del statement on names and items.
func (m *machine) del(s *statement) error {
	for _, part := range split(s.tokens[1:], ",") {
		switch {
		case len(part) == 0:
		case len(part) == 1 && part[0].kind == nameToken:
			if m.vars[part[0].text] == nil {
				return &fault{line: s.line, class: "NameError", text: fmt.Sprintf("name %q is not defined", part[0].text)}
			}
			delete(m.vars, part[0].text)
		case part[len(part)-1].is("]"):
			if err := m.delItem(s, part); err != nil {
				return err
			}
		default:
			return m.unsupported(s, "this form of del")
		}
	}
	return nil
}

// delItem runs "del x[key]" as x.pop(key).
func (m *machine) delItem(s *statement, target []token) error {
	depth, open := 0, -1
	for i := len(target) - 1; i > 0 && open < 0; i-- {
		switch {
		case isClosing(target[i]):
			depth++
		case isOpening(target[i]):
			if depth--; depth == 0 {
				open = i
			}
		}
	}
	if open < 1 {
		return m.unsupported(s, "this form of del")
	}
	value, first, err := rewriteTokens(target[:open])
	if err != nil {
		return &fault{line: s.line, text: err.Error(), unsupported: true}
	}
	key, _, err := rewriteTokens(target[open+1 : len(target)-1])
	return m.exec(m.compile(value+".pop("+key+")\n", first, err))
}

// module is an imported module: a fixed set of members.
type module struct {
	name    string
	members starlark.StringDict
}

var _ starlark.HasAttrs = (*module)(nil)

func (m *module) String() string        { return "<module " + m.name + ">" }
func (m *module) Type() string          { return "module" }
func (m *module) Freeze()               {}
func (m *module) Truth() starlark.Bool  { return true }
func (m *module) Hash() (uint32, error) { return 0, fmt.Errorf("a module cannot be a key") }
func (m *module) AttrNames() []string   { return m.members.Keys() }

func (m *module) Attr(name string) (starlark.Value, error) {
	if value := m.members[name]; value != nil {
		return value, nil
	}
	return nil, fmt.Errorf("%s.%s is not available to settings files", m.name, name)
}
