package crypto

import (
	"bytes"
	"testing"
)

// FuzzVerify changes a signed message. Nothing panics, and whatever is called
// good says, once what stores and archives add is taken away, exactly what was
// signed.
func FuzzVerify(f *testing.F) {
	p := thePKI()
	message := signed(f, p.signer(f, "git01", nil), envelopes[0])
	var original object
	if err := original.read(message); err != nil {
		f.Fatal(err)
	}
	text := (&form{}).appendSigned(nil, &original)
	v := NewVerifier(Options{Trust: p.trust(Material{}), Now: at(start)})
	f.Add(uint16(10), []byte("x"), uint8(1))
	f.Add(uint16(1), []byte(`"seq_id":5,`), uint8(0))
	f.Add(uint16(1), []byte(`"source_name":"a","source_version":"b",`), uint8(0))
	f.Add(uint16(1), []byte(`"headers":{},"topic":"x",`), uint8(0))
	f.Add(uint16(len(message)-2), []byte(`","topic":"y`), uint8(0))
	f.Add(uint16(40), []byte("\n"), uint8(0))
	f.Fuzz(func(t *testing.T, place uint16, insert []byte, remove uint8) {
		from := min(int(place), len(message))
		to := min(from+int(remove), len(message))
		changed := append(append(bytes.Clone(message[:from]), insert...), message[to:]...)
		verdict := v.Judge(Subject{Envelope: changed})
		if code, _ := v.Code(Subject{Envelope: changed}); code != verdict.Code {
			t.Errorf("%v, and %v with its reasons: %q", code, verdict.Code, changed)
		}
		checkSteps(t, &verdict)
		if !verdict.Class().Good() {
			return
		}
		var o object
		if err := o.read(changed); err != nil {
			t.Fatalf("good, and not JSON: %q", changed)
		}
		for _, form := range append([]form{{}}, forms(&o, true)...) {
			if bytes.Equal(form.appendSigned(nil, &o), text) {
				return
			}
		}
		t.Errorf("%v, but another message was signed: %q", verdict.Code, changed)
	})
}

// FuzzCRL reads revocation lists of strangers.
func FuzzCRL(f *testing.F) {
	p := thePKI()
	leaf, _ := p.leaf("git01", nil)
	list := p.crl(f, start, start.AddDate(1, 0, 0), leaf).Text
	f.Add(list)
	f.Add([]byte("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		trust := NewTrust(TrustOptions{CA: Material{Name: "ca", Text: p.caPEM}, CRL: Material{Name: "crl", Text: text}})
		if len(trust.Lists()) > 0 && trust.noCRL != nil {
			t.Error("a list is used and cannot be")
		}
	})
}

// FuzzRepairs: int() of a timestamp, and base64, as Python has them.
func FuzzRepairs(f *testing.F) {
	for _, seed := range []string{"1.5", "-1.9", `"12"`, "1e400", "NaN", "-Infinity", `"AAA="`, `"A=A\u0041=="`, `"QUJD\nRA==\n"`, `"QQ==\nQUJD"`, `"\/"`, "9e18", `"+5"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if _, err := Canonical([]byte(value)); err != nil {
			return
		}
		if text, _, ok := asInteger([]byte(value)); ok {
			if again, err := Canonical(text); err != nil || len(again) == 0 || bytes.ContainsAny(again, ".eENI") {
				t.Errorf("int(%s) is %s", value, text)
			}
		}
		if len(value) > 1 && value[0] == '"' {
			inside := []byte(value[1 : len(value)-1])
			if quick, ok := appendLines(nil, inside); ok {
				if slow, err := appendLenient(nil, inside); err != nil || !bytes.Equal(quick, slow) {
					t.Errorf("%q is %q in lines, and %q, %v", value, quick, slow, err)
				}
			}
		}
		if out, err := appendBase64(nil, []byte(value), 1<<10); err == nil && len(out) > 1<<10*3 {
			t.Errorf("%d bytes of %q", len(out), value)
		}
	})
}
