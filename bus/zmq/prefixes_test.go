package zmq

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestSubscriptionsAreCounted(t *testing.T) {
	var s subscriptions
	steps := []struct {
		subscribe bool
		prefix    string
		members   int // of the set afterwards
		matches   bool
	}{
		{true, "org.a", 1, true},
		{true, "org.a", 1, true},
		{false, "org.a", 1, true},
		{false, "org.a", 0, false},
		{false, "org.a", 0, false}, // nothing to cancel
		{true, "org.a", 1, true},
		{true, "org.a.b.c", 1, true}, // within the other
		{true, "org.b", 2, true},
		{false, "org.a", 2, false},
		{true, "", 1, true},
		{false, "", 2, false},
	}
	for i, step := range steps {
		if err := s.change(step.subscribe, []byte(step.prefix)); err != nil {
			t.Fatal(err)
		}
		set := s.reduced()
		if len(set) != step.members || set.matches([]byte("org.a.x")) != step.matches {
			t.Errorf("step %d: set %q, org.a.x matches: %v", i, set, set.matches([]byte("org.a.x")))
		}
	}
}

// The set must match exactly what any of the prefixes matches.
func TestPrefixSetMatchesLikeItsMembers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func() []byte {
		b := make([]byte, random.IntN(5))
		for i := range b {
			b[i] = "ab\xff"[random.IntN(3)]
		}
		return b
	}
	matched := 0
	for range 20_000 {
		var s subscriptions
		var prefixes [][]byte
		for range random.IntN(5) {
			p := text()
			prefixes = append(prefixes, p)
			if err := s.change(true, p); err != nil {
				t.Fatal(err)
			}
		}
		topic := text()
		want := false
		for _, p := range prefixes {
			want = want || bytes.HasPrefix(topic, p)
		}
		if want {
			matched++
		}
		if set := s.reduced(); set.matches(topic) != want {
			t.Fatalf("%q against %q (%q): %v", topic, prefixes, set, !want)
		}
	}
	if matched < 1000 || matched > 19_000 {
		t.Fatalf("the trial is one-sided: %d of 20,000 match", matched)
	}
}

func TestSubscriptionsAreBounded(t *testing.T) {
	var many, large subscriptions
	for i := range maxPrefixes {
		if err := many.change(true, fmt.Append(nil, i)); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := many.change(true, []byte("7")); err != nil {
		t.Errorf("one that is known already: %v", err)
	}
	if err := many.change(true, []byte("one more")); !errors.Is(err, ErrLimit) {
		t.Errorf("one more: %v", err)
	}
	chunk := bytes.Repeat([]byte("x"), maxPrefixBytes/4)
	for i := range 4 {
		chunk[0] = byte(i)
		if err := large.change(true, chunk); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := large.change(true, []byte("y")); !errors.Is(err, ErrLimit) {
		t.Errorf("a byte more: %v", err)
	}
	if err := large.change(false, chunk); err != nil {
		t.Fatal(err)
	}
	if err := large.change(true, []byte("y")); err != nil {
		t.Errorf("after one was cancelled: %v", err)
	}
}
