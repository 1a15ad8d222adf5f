package crypto

import (
	"bytes"
	stdcrypto "crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"fedmsg-tui/crypto/gpg"
)

// What may not issue certificates is no CA, whoever put it into the CA file.
func TestNotEveryCertificateIsACA(t *testing.T) {
	p := thePKI()
	s := p.signer(t, "git01", nil)
	message := Subject{Envelope: signed(t, s, plainEnvelope(start))}
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		want   Code
	}{
		"a CA":                           {func(*x509.Certificate) {}, OK},
		"with the right to sign":         {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }, OK},
		"by its key usage alone":         {func(c *x509.Certificate) { c.BasicConstraintsValid, c.KeyUsage = false, x509.KeyUsageCertSign }, OK},
		"basic constraints say no":       {func(c *x509.Certificate) { c.IsCA = false }, NoCA},
		"key usage says no":              {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }, NoCA},
		"nothing says that it is":        {func(c *x509.Certificate) { c.BasicConstraintsValid = false }, NoCA},
		"key usage for other things too": {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }, NoCA},
	} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: p.ca.Subject, NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(9, 0, 0),
			IsCA: true, BasicConstraintsValid: true}
		c.change(template)
		if !template.BasicConstraintsValid {
			template.IsCA = false
		}
		_, text := issue(template, nil, &p.caKey.PublicKey, p.caKey)
		v := NewVerifier(Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "ca", Text: text}}), Now: at(start)})
		if got := v.Judge(message); got.Code != c.want {
			t.Errorf("%s: %v, %s", name, got.Code, got.Reason)
		}
	}
}

// resigned is a revocation list whose inside was changed and signed again.
func resigned(t *testing.T, p *pki, change func(*crlASN1), trailing string) Material {
	t.Helper()
	block, _ := pem.Decode(p.crl(t, start, start.AddDate(1, 0, 0)).Text)
	var list crlASN1
	if _, err := asn1.Unmarshal(block.Bytes, &list); err != nil {
		t.Fatal(err)
	}
	list.TBS.Raw = nil
	change(&list)
	tbs, err := asn1.Marshal(list.TBS)
	if err != nil {
		t.Fatal(err)
	}
	signature := signSHA256(t, p, tbs)
	list.TBS.Raw = tbs
	list.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	der, err := asn1.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return Material{Name: "crl", Text: pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: append(der, trailing...)})}
}

func TestListsThatAreNotUsed(t *testing.T) {
	p := thePKI()
	s := p.signer(t, "git01", nil)
	message := Subject{Envelope: signed(t, s, plainEnvelope(start))}
	for name, c := range map[string]struct {
		crl  Material
		want Code
		says string
	}{
		"as it was": {resigned(t, p, func(*crlASN1) {}, ""), OK, ""},
		"version 1": {resigned(t, p, func(l *crlASN1) { l.TBS.Version, l.TBS.Extensions = 0, nil }, ""), OK, ""},
		"critical extension": {resigned(t, p, func(l *crlASN1) {
			l.TBS.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{5, 0}}}
		}, ""), NoCRL, "critical extension"},
		"bytes behind it": {resigned(t, p, func(*crlASN1) {}, "x"), NoCRL, "behind its end"},
		"two algorithms":  {resigned(t, p, func(l *crlASN1) { l.TBS.Algorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5} }, ""), NoCRL, "two different algorithms"},
		"an unknown one": {resigned(t, p, func(l *crlASN1) {
			l.TBS.Algorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 3}
			l.Algorithm = l.TBS.Algorithm
		}, ""), NoCRL, "in a way that is not known"},
		"not PEM":       {Material{Name: "crl", Text: []byte("text")}, NoCRL, "no revocation list is in it"},
		"a certificate": {Material{Name: "crl", Text: p.caPEM}, NoCRL, "no revocation list is in it"},
		"in DER, as it comes": {func() Material {
			m := resigned(t, p, func(*crlASN1) {}, "")
			b, _ := pem.Decode(m.Text)
			m.Text = b.Bytes
			return m
		}(), OK, ""},
	} {
		v := NewVerifier(Options{Trust: p.trust(c.crl), Now: at(start.AddDate(0, 1, 0))})
		if got := v.Judge(message); got.Code != c.want || !strings.Contains(got.Reason, c.says) {
			t.Errorf("%s: %v, %s", name, got.Code, got.Reason)
		}
	}
	// A CA whose key may not sign lists has none.
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: p.ca.Subject, NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	_, text := issue(template, nil, &p.caKey.PublicKey, p.caKey)
	v := NewVerifier(Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "ca", Text: text}, CRL: p.crl(t, start, start.AddDate(1, 0, 0))}), Now: at(start)})
	if got := v.Judge(message); got.Code != NoCRL || !strings.Contains(got.Reason, "may not sign revocation lists") {
		t.Errorf("%v, %s", got.Code, got.Reason)
	}
}

// What was found good is remembered, and nothing else passes for it.
func TestMemoryIsExact(t *testing.T) {
	p := thePKI()
	good := signed(t, p.signer(t, "git01", nil), plainEnvelope(start))
	v := NewVerifier(Options{Trust: p.trust(Material{}), Now: at(start)})
	for range 2 {
		if code, _ := v.Code(Subject{Envelope: good}); code != OK {
			t.Fatal(code)
		}
	}
	var o object
	if err := o.read(good); err != nil {
		t.Fatal(err)
	}
	signature, err := appendBase64(nil, o.find("signature").value, maxSignatureBytes)
	if err != nil {
		t.Fatal(err)
	}
	for i := range signature {
		changed := bytes.Clone(signature)
		changed[i] ^= 1
		message := bytes.Replace(good, o.find("signature").value, []byte(`"`+base64.StdEncoding.EncodeToString(changed)+`"`), 1)
		if code, _ := v.Code(Subject{Envelope: message}); code != Bad {
			t.Fatalf("with byte %d of the signature changed: %v", i, code)
		}
	}
}

func TestPolicyIsExact(t *testing.T) {
	p := thePKI()
	message := Subject{Envelope: signed(t, p.signer(t, "git01", nil), plainEnvelope(start))}
	for name, want := range map[string]Code{"git01": OK, "GIT01": Policy, "git01 ": Policy, "git": Policy, "git010": Policy} {
		v := NewVerifier(Options{Trust: p.trust(Material{}), Now: at(start), Policy: map[string][]string{topic: {name}}})
		if code, _ := v.Code(message); code != want {
			t.Errorf("%q is listed: %v", name, code)
		}
	}
}

func TestCertificateWithHeaders(t *testing.T) {
	p := thePKI()
	_, text := p.leaf("git01", nil)
	block, _ := pem.Decode(text)
	block.Headers = map[string]string{"Proc-Type": "4,CLEAR"}
	odd := pem.EncodeToMemory(block)
	s := p.signer(t, "git01", nil)
	message := signed(t, s, plainEnvelope(start))
	var o object
	if err := o.read(message); err != nil {
		t.Fatal(err)
	}
	message = bytes.Replace(message, o.find("certificate").value, []byte(`"`+base64.StdEncoding.EncodeToString(odd)+`"`), 1)
	if got := NewVerifier(Options{Trust: p.trust(Material{}), Now: at(start)}).Judge(Subject{Envelope: message}); got.Code != Malformed || !strings.Contains(got.Reason, "PEM headers") {
		t.Errorf("%v, %s", got.Code, got.Reason)
	}
}

// Another keyring touches what is signed with GnuPG, and nothing else.
func TestKeyringTouchesGnuPGAlone(t *testing.T) {
	p := thePKI()
	v := NewVerifier(Options{Trust: p.trust(Material{}), Now: at(start)})
	before := v.Trusted()
	v.Use(v.Trust(), gpg.Join())
	x509Message := Subject{Envelope: signed(t, p.signer(t, "git01", nil), plainEnvelope(start))}
	if v.Affected(before, x509Message) {
		t.Error("a message with a certificate is affected")
	}
	if !v.Affected(before, Subject{Envelope: []byte(`{"certificate":"x","crypto":"gpg","msg":{},"signature":"AAAA"}`)}) {
		t.Error("a message signed with GnuPG that carries a certificate is not affected")
	}
	if !v.Affected(before, Subject{Envelope: []byte(`{"crypto":"gpg","msg":{},"signature":"AAAA"}`)}) {
		t.Error("a message signed with GnuPG is not affected")
	}
}

func signSHA256(t *testing.T, p *pki, text []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(text)
	out, err := rsa.SignPKCS1v15(nil, p.caKey, stdcrypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// An intermediate CA is revoked by its issuer's list; its own list is about
// those that it issued, whose numbers may be its own.
func TestIntermediateIsRevokedByItsIssuer(t *testing.T) {
	p := thePKI()
	middle, middlePEM := issue(&x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "middle"}, SubjectKeyId: []byte{1},
		NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(9, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}, p.ca, &p.key.PublicKey, p.caKey)
	_, leafPEM := issue(&x509.Certificate{SerialNumber: big.NewInt(8), Subject: pkix.Name{CommonName: "git01"}, NotBefore: start, NotAfter: start.AddDate(1, 0, 0)},
		middle, &p.key.PublicKey, p.key)
	s, err := NewX509Signer(leafPEM, p.keyPEM())
	if err != nil {
		t.Fatal(err)
	}
	message := Subject{Envelope: signed(t, s, plainEnvelope(start))}
	list := func(serials ...int64) []byte {
		l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: start, NextUpdate: start.AddDate(1, 0, 0)}
		for _, n := range serials {
			l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(n), RevocationTime: start})
		}
		der, err := x509.CreateRevocationList(rand.Reader, l, middle, p.key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
	}
	for name, c := range map[string]struct {
		root   []*x509.Certificate
		middle []int64
		want   Code
	}{
		"nobody": {nil, nil, OK}, "another leaf with the intermediate's number": {nil, []int64{7}, OK},
		"the leaf": {nil, []int64{8}, Revoked}, "the intermediate": {[]*x509.Certificate{middle}, nil, Revoked},
	} {
		crl := Material{Name: "crl", Text: append(p.crl(t, start, start.AddDate(1, 0, 0), c.root...).Text, list(c.middle...)...)}
		v := NewVerifier(Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "ca", Text: append(bytes.Clone(p.caPEM), middlePEM...)}, CRL: crl}), Now: at(start)})
		if got := v.Judge(message); got.Code != c.want {
			t.Errorf("%s is revoked: %v, %s", name, got.Code, got.Reason)
		}
	}
}

// With a small public exponent anybody makes a number that ends, when the public
// key is applied to it, in a digest of his choice. All of the padding counts,
// for repaired forms as for others.
func TestSmallExponentForgery(t *testing.T) {
	p := thePKI()
	_, leafPEM := issue(&x509.Certificate{SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "git01"}, NotBefore: start, NotAfter: start.AddDate(1, 0, 0)},
		p.ca, &rsa.PublicKey{N: p.key.N, E: 3}, p.caKey)
	modulus := new(big.Int).Lsh(big.NewInt(1), 8*sha1.Size)
	// The odd numbers below 2^160 are a group whose exponent is 2^158.
	third := new(big.Int).ModInverse(big.NewInt(3), new(big.Int).Lsh(big.NewInt(1), 8*sha1.Size-2))
	forged := 0
	for n := range 32 {
		digest := sha1.Sum(fmt.Appendf(nil, `{"crypto":"x509","msg":{"n":%d},"topic":"%s"}`, n, topic))
		wanted := new(big.Int).SetBytes(digest[:])
		if wanted.Bit(0) == 0 {
			continue // even numbers have no root
		}
		forged++
		root := new(big.Int).Exp(wanted, third, modulus)
		signature := root.FillBytes(make([]byte, p.key.Size()))
		if claimed, ok := claimedDigest(&rsa.PublicKey{N: p.key.N, E: 3}, signature); !ok || claimed != digest {
			t.Fatal("the forgery does not end in the digest")
		}
		for _, added := range []string{"", `"seq_id":1,`} {
			message := fmt.Appendf(nil, `{"certificate":"%s","crypto":"x509","msg":{"n":%d},%s"signature":"%s","topic":"%s"}`,
				base64.StdEncoding.EncodeToString(leafPEM), n, added, base64.StdEncoding.EncodeToString(signature), topic)
			if got := NewVerifier(Options{Trust: p.trust(Material{}), Now: at(start)}).Judge(Subject{Envelope: message}); got.Code != Bad {
				t.Fatalf("%v, %s", got.Code, got.Reason)
			}
		}
	}
	if forged == 0 {
		t.Error("no digest was odd")
	}
}

// A proof is for one key, one digest and one signature.
func TestProofIsForOneSignature(t *testing.T) {
	var p proven
	key, digest, signature := [32]byte{1}, [20]byte{2, 3, 4}, []byte("signature")
	p.add(&key, &digest, signature)
	if !p.has(&key, &digest, signature) {
		t.Error("what was proven is not known")
	}
	// All of these are looked for in the same place.
	otherKey, otherDigest := [32]byte{2}, [20]byte{2, 3, 5}
	if p.has(&otherKey, &digest, signature) || p.has(&key, &otherDigest, signature) || p.has(&key, &digest, []byte("signaturf")) {
		t.Error("something else passes for it")
	}
}

// Of two lists of one CA the newer counts, whatever their order in the file.
func TestNewestListCounts(t *testing.T) {
	p := thePKI()
	leaf, leafPEM := p.leaf("git01", nil)
	s, err := NewX509Signer(leafPEM, p.keyPEM())
	if err != nil {
		t.Fatal(err)
	}
	message := Subject{Envelope: signed(t, s, plainEnvelope(start))}
	older := p.crl(t, start.AddDate(0, 0, -9), start.AddDate(1, 0, 0)).Text
	newer := p.crl(t, start.AddDate(0, 0, -1), start.AddDate(1, 0, 0), leaf).Text
	for _, text := range [][]byte{append(bytes.Clone(older), newer...), append(bytes.Clone(newer), older...)} {
		v := NewVerifier(Options{Trust: p.trust(Material{Name: "crl", Text: text}), Now: at(start)})
		if got := v.Judge(message); got.Code != Revoked {
			t.Errorf("%v, %s", got.Code, got.Reason)
		}
	}
}

// Topics are compared letter by letter.
func TestTopicsOfOneLength(t *testing.T) {
	p := thePKI()
	v := NewVerifier(Options{Trust: p.trust(Material{}), Now: at(start)})
	message := Subject{Envelope: signed(t, p.signer(t, "git01", nil), plainEnvelope(start)), Topic: []byte(topic)}
	if got := v.Judge(message); got.Code != OK {
		t.Fatalf("%v, %s", got.Code, got.Reason)
	}
	message.Topic = []byte(topic[:len(topic)-1] + "!")
	if got := v.Judge(message); got.Code != Envelope {
		t.Errorf("%v, %s", got.Code, got.Reason)
	}
}
