package gpg

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	pgp "github.com/ProtonMail/go-crypto/openpgp/packet"
)

// keybox wraps keys as GnuPG does, with blobs of other types among them.
func keybox(keys ...[]byte) []byte {
	blob := func(kind byte, flags uint16, body []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(20+len(body)))
		b = append(b, kind, 1)
		b = binary.BigEndian.AppendUint16(b, flags)
		b = binary.BigEndian.AppendUint32(b, 20)
		b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
		return append(append(b, 0, 0, 0, 0), body...)
	}
	head := append([]byte{0, 0, 0, 32, 1, 1, 0, 2}, "KBXf"...)
	out := append(head, make([]byte, 20)...)
	for _, k := range keys {
		out = join(out, blob(3, 0, []byte("X.509")), blob(0, 0, k[:5]), blob(2, blobEphemeral, k[:5]), blob(2, 0, k))
	}
	return out
}

func armorOf(kind string, b []byte) []byte {
	text := base64.StdEncoding.EncodeToString(b)
	var lines strings.Builder
	for len(text) > 64 {
		lines.WriteString(text[:64] + "\n")
		text = text[64:]
	}
	lines.WriteString(text + "\n=" + checksum(b))
	return []byte("-----BEGIN PGP " + kind + "-----\nVersion: x\n\n" + lines.String() + "\n-----END PGP " + kind + "-----\n")
}

func TestForms(t *testing.T) {
	a, b := newTestKey(t, "a", testBorn), newTestKey(t, "b", testBorn)
	ka, kb := a.simple(t, "A"), b.simple(t, "B")
	aa, ab := armorOf("PUBLIC KEY BLOCK", ka), armorOf("PUBLIC KEY BLOCK", kb)
	box := keybox(ka, kb)
	cutBlob := bytes.Clone(box)
	binary.BigEndian.PutUint32(cutBlob[len(cutBlob)-len(kb)-8:], uint32(len(kb)+1))
	for _, c := range []struct {
		name    string
		raw     []byte
		keys    int
		skipped string
		err     string
	}{
		{"empty", nil, 0, "", ""},
		{"white", []byte(" \r\n"), 0, "", ""},
		{"binary", join(ka, kb), 2, "", ""},
		{"armour", aa, 1, "", ""},
		{"two armours and text", join([]byte("Hello\n"), aa, []byte("and\n"), ab), 2, "", ""},
		{"two keys in an armour", armorOf("PUBLIC KEY BLOCK", join(ka, kb)), 2, "", ""},
		{"CR LF", bytes.ReplaceAll(aa, []byte("\n"), []byte("\r\n")), 1, "", ""},
		{"no headers", bytes.Replace(aa, []byte("Version: x\n"), nil, 1), 1, "", ""},
		{"no checksum", join(aa[:bytes.LastIndex(aa, []byte("\n="))], []byte("\n-----END PGP PUBLIC KEY BLOCK-----\n")), 1, "", ""},
		{"wrong checksum", bytes.Replace(aa, aa[bytes.LastIndex(aa, []byte("\n=")):][:6], []byte("\n=AAAA"), 1), 0, "", "checksum does not match"},
		{"damaged armour, then a good one", join(bytes.Replace(aa, aa[60:64], []byte("****"), 1), ab), 1, "not base64", ""},
		{"a line of a million", bytes.Replace(aa, []byte("x\n"), append(bytes.Repeat([]byte("x"), 1_000_000), '\n'), 1), 0, "", "more than 1000 characters"},
		{"only an end", bytes.Replace(aa, aa[:len(aa)-40], []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n"), 1), 0, "", "is damaged"},
		{"a million beginnings", bytes.Repeat([]byte("-----BEGIN PGP X-----\n"), 1_000_000), 0, "", "has no end"},
		{"armour cut off", aa[:len(aa)-40], 0, "", "has no end"},
		{"armour of a secret key", join(aa, armorOf("PRIVATE KEY BLOCK", ka)), 1, "PGP PRIVATE KEY BLOCK", ""},
		{"armour of a message", armorOf("MESSAGE", ka), 0, "", "it is a PGP MESSAGE"},
		{"signature alone", a.over(t, text, spec{}), 0, "", "no key in it"},
		{"keybox", box, 2, "", ""},
		{"keybox, no keys", keybox(), 0, "", ""},
		{"keybox cut off", box[:len(box)-1], 1, "wrong length", ""},
		{"keybox cut in a length", append(bytes.Clone(box), 0, 0), 2, "cut off", ""},
		{"keybox, blob of no length", append(bytes.Clone(box), 0, 0, 0, 0, 2), 2, "wrong length", ""},
		{"keybox, huge blob", append(bytes.Clone(box), 0xff, 0xff, 0xff, 0xff, 2), 2, "wrong length", ""},
		{"keybox, short blob", append(bytes.Clone(box), 0, 0, 0, 6, 2, 1), 2, "lies outside", ""},
		{"keybox, key outside", cutBlob, 1, "lies outside", ""},
		{"keybox, huge key", append(bytes.Clone(box), 0, 0, 0, 16, 2, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 2, "lies outside", ""},
		{"keyboxd", []byte("SQLite format 3\x00..."), 0, "", "gpg --export"},
		{"armour, only its beginning", []byte("-----BEGIN PGP "), 0, "", "not made of"},
		{"text", []byte("hello"), 0, "", "not made of OpenPGP packets"},
	} {
		ring, skipped, err := ReadKeyring(c.raw)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || ring.Len() != c.keys || !strings.Contains(strings.Join(skipped, "\n"), c.skipped) || (c.skipped == "") != (len(skipped) == 0) {
			t.Errorf("%s: %d keys, %q, %v", c.name, ring.Len(), skipped, err)
		}
	}
}

// allocated is how many bytes f takes from the heap.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What is wrong a million times is told a hundred times.
func TestManyProblems(t *testing.T) {
	for name, raw := range map[string][]byte{
		"keybox": append(keybox(), bytes.Repeat([]byte{0, 0, 0, 6, 2, 1}, 100_000)...),
		"armour": bytes.Repeat([]byte("-----BEGIN PGP X-----\n-----END PGP X-----\n"), 10_000),
	} {
		_, skipped, err := ReadKeyring(raw)
		if err == nil || len(skipped) != maxProblems+1 {
			t.Errorf("%s: %d sentences, %v", name, len(skipped), err)
		}
	}
}

func TestHostile(t *testing.T) {
	k := newTestKey(t, "k", testBorn)
	ring := mustRing(t, k.simple(t, "K"))
	head := join([]byte{4, 0, byte(pgp.PubKeyAlgoRSA), 8, 0, 6, 5, 2, 0x5f, 0x60, 0, 0, 0, 10, 9, 16}, k.pub.print[12:], []byte{0, 0})
	nested := []byte{1}
	for len(nested) < 60000 {
		inner := append(sub(32, nested...), sub(32, nested[:1]...)...)
		nested = join([]byte{4, typeBack, byte(pgp.PubKeyAlgoRSA), 8, byte(len(inner) >> 8), byte(len(inner))}, inner, []byte{0, 0, 0, 0, 0, 1, 1})
	}
	subs := func(b []byte) []byte {
		return newPacket(tagSignature, join([]byte{4, 0, byte(pgp.PubKeyAlgoRSA), 8, byte(len(b) >> 8), byte(len(b))}, b, []byte{0, 0, 0, 0, 0, 1, 1}))
	}
	for _, c := range []struct {
		name string
		blob []byte
	}{
		{"MPI of 65535 bits", newPacket(tagSignature, append(bytes.Clone(head), 0xff, 0xff, 1))},
		{"MPI of no bits", newPacket(tagSignature, append(bytes.Clone(head), 0, 0))},
		{"a signature of nothing", newPacket(tagSignature, head)},
		{"length 0xFFFFFFFF", []byte{0xc2, 0xff, 0xff, 0xff, 0xff, 0xff, 4}},
		{"old length 0xFFFFFFFF", []byte{0x8a, 0xff, 0xff, 0xff, 0xff, 4}},
		{"partial length", append([]byte{0xc2, 0xe0, 4}, make([]byte, 100)...)},
		{"indeterminate length", append([]byte{0x8b}, head...)},
		{"length cut", []byte{0xc2, 0xff, 0}},
		{"length of two bytes cut", []byte{0xc2, 0xc0}},
		{"100000 empty packets", bytes.Repeat([]byte{0xc2, 0}, 100_000)},
		{"30000 empty packets", bytes.Repeat([]byte{0xc2, 0}, 30_000)},
		{"30000 markers", bytes.Repeat([]byte{0xca, 0}, 30_000)},
		{"nested embedded signatures", newPacket(tagSignature, nested)},
		{"nested, of a text", subs(sub(32, nested...)[:min(len(nested), 60000)])},
		{"20000 subpackets", subs(bytes.Repeat(sub(99), 20_000))},
		{"10000 embedded signatures", subs(bytes.Repeat(sub(32, 4), 10_000))},
		{"subpacket of no length", subs([]byte{0})},
		{"subpacket too long", subs([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 2})},
		{"subpacket length cut", subs([]byte{0xff, 0})},
		{"subpacket length of two bytes cut", subs([]byte{0xf0})},
		{"short time", subs(sub(2, 1))},
		{"short issuer", subs(sub(16, 1))},
		{"version 3, cut", newPacket(tagSignature, []byte{3, 5, 0})},
		{"version 0", newPacket(tagSignature, []byte{0})},
		{"200 kB of zeros", make([]byte, 200_000)},
		{"60 kB of ones", bytes.Repeat([]byte{0xff}, 60_000)},
	} {
		var r Result
		used := allocated(func() { r = ring.Verify([]byte(text), c.blob, testNow) })
		if r.State.Good() || r.Reason == "" {
			t.Errorf("%s: %+v", c.name, r)
		}
		if used > 1<<20 {
			t.Errorf("%s: takes %d bytes", c.name, used)
		}
		var err error
		used = allocated(func() { _, _, err = ReadKeyring(c.blob) })
		if err == nil {
			t.Errorf("%s: is a keyring", c.name)
		}
		if used > 2<<20 {
			t.Errorf("%s: takes %d bytes as a keyring", c.name, used)
		}
	}
}
