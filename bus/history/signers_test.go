package history

import (
	"fmt"
	"strings"
	"testing"

	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
)

func TestSignersAreBounded(t *testing.T) {
	h := New(Options{MaxNames: 10, MaxNamesBytes: 4096})
	defer h.Close()
	h.Append([]bus.Message{withID("a")})
	before := used(h)
	for i := range 100 {
		name := fmt.Sprintf("signer %d", i)
		id := h.SignerID(name)
		if (id == Overflow) != (i >= 9) || h.SignerID(name) != id {
			t.Errorf("%s has id %d", name, id)
		}
		if id != Overflow && h.SignerName(id) != name {
			t.Errorf("%s comes back as %q", name, h.SignerName(id))
		}
	}
	if h.SignerID("") != 0 || h.SignerID(strings.Repeat("x", 1<<20)) != Overflow {
		t.Error("no name or an overlong one has an id of its own")
	}
	h.SetVerdict(0, crypto.OK, "signer 99")
	s := h.Snapshot()
	if late, _ := s.Late(0); late.Signer != Overflow || s.Signer(0) != "" || s.SignerName(Overflow) != "" || s.Signers() != 10 {
		t.Errorf("%+v, signed by %q, %d names", late, s.Signer(0), s.Signers())
	}
	s.Close()
	// Names count against the budget from the next message on.
	if h.Append([]bus.Message{withID("b")}); used(h)-before < 9*(nameOverhead+len("signer 0")) {
		t.Errorf("%d bytes used, %d before there were names", used(h), before)
	}
	h.Close()
	if want := h.topics.usedBytes + h.users.usedBytes + 9*(nameOverhead+len("signer 0")); used(h) != want {
		t.Errorf("closed with %d bytes used, want %d", used(h), want)
	}
}

func used(h *History) int {
	s := h.Snapshot()
	defer s.Close()
	return int(s.Counts().UsedBytes)
}
