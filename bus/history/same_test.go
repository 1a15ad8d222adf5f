package history

import (
	"testing"

	"fedmsg-tui/bus"
)

func TestSameTokens(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`{"a":1}`, `{"a":1}`, true},
		{`{"a":1,"b":[2]}`, "{\"a\": 1,\n \"b\" : [2 ] } ", true},
		{`{"a":1}`, `{"a":2}`, false},
		{`{"a":"x y"}`, `{"a":"xy"}`, false},
		{`{"a":"x\" y"}`, `{"a":"x\"y"}`, false},
		{`{"a":"\\"}`, `{"a" : "\\"}`, true},
		{`{"a":1}`, `{"a":1`, false},
		{`"\`, `"\`, false},
		{``, ` `, true},
	} {
		if got := sameTokens([]byte(c.a), []byte(c.b)); got != c.same {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
		if got := sameTokens([]byte(c.b), []byte(c.a)); got != c.same {
			t.Errorf("%q and %q: %v", c.b, c.a, got)
		}
	}
}

// Who knows an id can take no message away with it.
func TestForgeryDoesNotSwallowTheOriginal(t *testing.T) {
	const (
		signed   = `{"crypto":"x509","msg":{"a":1},"msg_id":"2026-1","signature":"good"}`
		spaced   = `{"crypto": "x509", "msg": {"a": 1}, "msg_id": "2026-1", "signature": "good"}`
		forged   = `{"crypto":"x509","msg":{"a":1},"msg_id":"2026-1","signature":"bad"}`
		unsigned = `{"msg":{"a":1},"msg_id":"2026-1"}`
		other    = `{"msg":{"a":2},"msg_id":"2026-1"}`
	)
	for name, c := range map[string]struct {
		first, second string
		merged        bool
	}{
		"same":                      {signed, signed, true},
		"relayed":                   {signed, spaced, true},
		"forgery first":             {forged, signed, false},
		"forgery second":            {signed, forged, false},
		"unsigned copy second":      {signed, unsigned, true},
		"unsigned copy first":       {unsigned, signed, false},
		"another body":              {unsigned, other, false},
		"another body, then signed": {other, signed, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := New(Options{MergeDuplicates: true})
			defer h.Close()
			h.Append([]bus.Message{message("t", c.first), message("t", c.second)})
			s := h.Snapshot()
			defer s.Close()
			if got := s.Counts().Duplicates == 1; got != c.merged {
				t.Errorf("merged: %v", got)
			}
		})
	}
	h := New(Options{MergeDuplicates: true})
	defer h.Close()
	h.Append([]bus.Message{message("t", unsigned), message("another.topic", unsigned)})
	s := h.Snapshot()
	defer s.Close()
	if s.Len() != 2 {
		t.Error("messages of two topics were merged")
	}
}
