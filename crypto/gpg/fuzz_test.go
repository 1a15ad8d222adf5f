package gpg

import (
	"bytes"
	"testing"
)

func FuzzReadKeyring(f *testing.F) {
	k, sk := newTestKey(f, "k", testBorn), newTestKey(f, "s", testBorn)
	key := join(k.simple(f, "K"), k.subkey(f, sk, spec{hashed: [][]byte{forSigning}, unhashed: [][]byte{k.back(f, sk, spec{})}}), k.aboutKey(f, spec{kind: typeKeyRevoked}))
	for _, seed := range [][]byte{
		key, armorOf("PUBLIC KEY BLOCK", key), keybox(key, k.simple(f, "K")),
		join(secretPacket(tagSecretKey, k, plain(mpi(seedOf("k")))), key), nil,
	} {
		f.Add(seed)
	}
	blob := k.over(f, text, spec{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		ring, skipped, err := ReadKeyring(raw)
		if len(skipped) > maxProblems+1 || (err == nil) != (ring != nil) {
			t.Errorf("%d sentences, %v", len(skipped), err)
		}
		if err == nil {
			both := Join(ring, ring)
			if len(both.Keys(testNow)) != ring.Len() {
				t.Error("a key is counted twice")
			}
			r := both.Verify([]byte(text), blob, testNow)
			if r.State.Good() && r.Fingerprint != k.pub.print.String() {
				t.Errorf("%+v", r)
			}
		}
		if keys, err := ReadSecretKeys(raw); err == nil {
			keys.Signer("", testNow)
		}
	})
}

func FuzzVerify(f *testing.F) {
	a, b := newTestKey(f, "a", testBorn), newTestKey(f, "b", testBorn)
	ring, _, err := ReadKeyring(join(a.simple(f, "A"), b.simple(f, "B")))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(a.over(f, text, spec{}))
	f.Add(join(a.over(f, text, spec{}), b.over(f, text, spec{})))
	f.Add(a.over(f, text, spec{kind: typeText, hashed: [][]byte{subTime(3, 1), sub(33, append([]byte{4}, a.pub.print[:]...)...)}, unhashed: [][]byte{sub(32, 4)}}))
	f.Add(newPacket(tagSignature, []byte{3, 5, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 8, 0, 0, 0, 1, 1}))
	f.Fuzz(func(t *testing.T, blob []byte) {
		r := ring.Verify([]byte(text), blob, testNow)
		if r.Reason == "" || r.State >= stateCount {
			t.Errorf("%+v", r)
		}
		// A signature of one text is none of another.
		if r.State.Good() && ring.Verify([]byte(text+"x"), blob, testNow).State != BadSignature {
			t.Errorf("good for two texts: %x", blob)
		}
	})
}

func FuzzSecretKeyFile(f *testing.F) {
	k := newTestKey(f, "k", testBorn)
	ring, _, err := ReadKeyring(k.simple(f, "K"))
	if err != nil {
		f.Fatal(err)
	}
	seed := seedOf("k")
	f.Add([]byte(edFile(pointOf("k"), seed)))
	f.Add([]byte(edAdvanced(pointOf("k"), seed)))
	f.Add([]byte(`Key: (private-key "a\"b" |YQ==| #61# (rsa (n #00#)))`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		keys, err := SecretKeyFiles(ring, [][]byte{raw})
		if err != nil {
			if bytes.Contains([]byte(err.Error()), seed) {
				t.Error("the error shows the key")
			}
			return
		}
		s, err := keys.Signer("", testNow)
		if err != nil {
			t.Fatal(err)
		}
		blob, err := s.Sign([]byte(text), testNow)
		if err != nil || ring.Verify([]byte(text), blob, testNow).State != Good {
			t.Errorf("a key that signs wrongly: %v", err)
		}
	})
}
