package gpg

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
)

// S-expressions, in which GnuPG's agent keeps private keys: canonical
// ("(3:rsa(1:n3:…))") in older files, advanced ("(rsa (n #00…#))") in newer
// ones. Errors never quote them.
const (
	maxSexpDepth = 16
	maxSexpNodes = 1000
)

var errSexp = errors.New("its S-expression is damaged")

// sexp is an atom or a list.
type sexp struct {
	atom []byte
	list []*sexp
	leaf bool
}

// parseSexp reads one expression; whatever follows it is not looked at, as in
// GnuPG.
func parseSexp(b []byte) (*sexp, error) {
	p := &sexpParser{b: b}
	p.space()
	if len(p.b) == 0 || p.b[0] != '(' {
		return nil, errSexp
	}
	return p.node(0)
}

type sexpParser struct {
	b     []byte
	nodes int
}

func (p *sexpParser) space() { p.b = bytes.TrimLeft(p.b, " \t\r\n\v\f") }

func (p *sexpParser) node(depth int) (*sexp, error) {
	p.nodes++
	if depth > maxSexpDepth || p.nodes > maxSexpNodes || len(p.b) == 0 {
		return nil, errSexp
	}
	if p.b[0] != '(' {
		atom, err := p.atom()
		return &sexp{atom: atom, leaf: true}, err
	}
	p.b = p.b[1:]
	n := &sexp{}
	for {
		p.space()
		if len(p.b) > 0 && p.b[0] == ')' {
			p.b = p.b[1:]
			return n, nil
		}
		child, err := p.node(depth + 1)
		if err != nil {
			return nil, err
		}
		n.list = append(n.list, child)
	}
}

func (p *sexpParser) atom() ([]byte, error) {
	switch c := p.b[0]; {
	case c == '#' || c == '|':
		body, rest, ok := bytes.Cut(p.b[1:], []byte{c})
		if !ok {
			return nil, errSexp
		}
		p.b = rest
		packed := bytes.Join(bytes.Fields(body), nil)
		if c == '#' {
			return decoded(hex.DecodeString(string(packed)))
		}
		return decoded(base64.StdEncoding.DecodeString(string(packed)))
	case c == '"':
		return p.quoted()
	}
	n := bytes.IndexAny(p.b, " \t\r\n\v\f():#|\"")
	switch {
	case n < 0 || n == 0:
		return nil, errSexp
	case p.b[n] != ':':
		token := p.b[:n]
		p.b = p.b[n:]
		return token, nil
	}
	size, err := strconv.ParseUint(string(p.b[:n]), 10, 31)
	rest := p.b[n+1:]
	if err != nil || size > uint64(len(rest)) {
		return nil, errSexp
	}
	p.b = rest[size:]
	return rest[:size:size], nil
}

func decoded(b []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, errSexp // the library's quotes a byte
	}
	return b, nil
}

// quoted takes a string. None that matters here has an escape in it but of the
// two characters that need one.
func (p *sexpParser) quoted() ([]byte, error) {
	var s []byte
	for i := 1; i < len(p.b); i++ {
		switch p.b[i] {
		case '"':
			p.b = p.b[i+1:]
			return s, nil
		case '\\':
			if i++; i == len(p.b) {
				return nil, errSexp
			}
		}
		s = append(s, p.b[i])
	}
	return nil, errSexp
}

// name is the first atom of a list.
func (s *sexp) name() string {
	if s == nil || len(s.list) == 0 {
		return ""
	}
	return string(s.list[0].atom)
}

// find is the first list in s of that name.
func (s *sexp) find(name string) *sexp {
	if s == nil {
		return nil
	}
	for _, child := range s.list {
		if child.name() == name {
			return child
		}
	}
	return nil
}

// value is the atom after a name: "x" of (name x).
func (s *sexp) value(name string) []byte {
	if f := s.find(name); f != nil && len(f.list) > 1 && f.list[1].leaf {
		return f.list[1].atom
	}
	return nil
}
