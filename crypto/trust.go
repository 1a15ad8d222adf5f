package crypto

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Material is a file with certificates or revocation lists, as it was read or
// why it was not. The zero value is "none was asked for".
type Material struct {
	// Name is where it is from, a path or URL, for people. It is empty when
	// none was asked for.
	Name string
	Text []byte
	Err  error // why there is no Text
	// Kept says that Text is an earlier copy: it was good when it was read, and
	// could not be read or fetched again. Err says why.
	Kept bool
}

// TrustOptions are what a [Trust] is made of.
type TrustOptions struct {
	CA, CRL Material
	// FirstOnly takes only the first certificate of the CA file, as fedmsg does.
	FirstOnly bool
	// CRLReadAt is when the revocation lists were read or fetched. One that was
	// in date then, or in Before, and has gone out of date since is the last
	// known one; one that was never seen in date says nothing.
	CRLReadAt time.Time
	// Before is what was made of the same files the last time; nil at first.
	Before *Trust
}

// Trust is what X.509 signatures are checked against: certificates of CAs and
// their revocation lists, at one moment. It is immutable.
type Trust struct {
	anchors []*anchor
	// noAnchor says why there is none.
	noAnchor error
	crlName  string // empty: no revocation list is asked for
	// noCRL says why no list can be used.
	noCRL    error
	kept     bool
	problems []string
}

// anchor is a CA with the list that it signed, if there is one.
type anchor struct {
	cert *x509.Certificate
	list *crl
	// noList says why there is none, where one is asked for.
	noList error
}

// NewTrust reads certificates and lists. It never fails: what cannot be used is
// told by [Trust.Problems], and in the verdicts that depend on it.
func NewTrust(o TrustOptions) *Trust {
	t := &Trust{crlName: o.CRL.Name, kept: o.CRL.Kept}
	t.readAnchors(o)
	if o.CRL.Name != "" {
		t.readLists(o.CRL)
		t.rememberInDate(o.CRLReadAt, o.Before)
	}
	return t
}

func (t *Trust) problem(format string, args ...any) {
	t.problems = append(t.problems, fmt.Sprintf(format, args...))
}

func (t *Trust) readAnchors(o TrustOptions) {
	switch {
	case o.CA.Name == "":
		t.noAnchor = errors.New("no CA is loaded; name one with --ca FILE, or as ca in config.toml")
		return
	case len(o.CA.Text) == 0:
		err := o.CA.Err
		if err == nil {
			err = errors.New("it is empty")
		}
		t.noAnchor = fmt.Errorf("the CA %s cannot be used: %w", o.CA.Name, err)
		t.problem("%v", t.noAnchor)
		return
	}
	if o.CA.Kept {
		t.problem("the CA %s could not be read again: %v; the copy from before is used", o.CA.Name, o.CA.Err)
	}
	var why error
	seen := 0
	for rest := o.CA.Text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" && block.Type != "X509 CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" {
			continue
		}
		seen++
		if o.FirstOnly && seen > 1 {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err == nil {
			err = mayIssue(cert)
		}
		if err != nil {
			why = fmt.Errorf("certificate %d of %s: %w", seen, o.CA.Name, err)
			t.problem("%v", why)
			continue
		}
		t.anchors = append(t.anchors, &anchor{cert: cert})
	}
	if len(t.anchors) == 0 {
		if why == nil {
			why = errors.New("no certificate is in it")
		}
		t.noAnchor = fmt.Errorf("the CA %s cannot be used: %w", o.CA.Name, why)
		if seen == 0 {
			t.problem("%v", t.noAnchor)
		}
	}
}

func (t *Trust) readLists(m Material) {
	switch {
	case len(m.Text) == 0 && m.Err != nil:
		t.noCRL = fmt.Errorf("the revocation list %s cannot be read: %w", m.Name, m.Err)
	case len(m.Text) == 0:
		t.noCRL = fmt.Errorf("the revocation list %s is empty", m.Name)
	}
	var lists []*crl
	if t.noCRL == nil {
		var err error
		if lists, err = readCRLs(m.Text); err != nil {
			t.noCRL = fmt.Errorf("the revocation list %s cannot be used: %w", m.Name, err)
		}
	}
	if t.noCRL != nil {
		t.problem("%v", t.noCRL)
		return
	}
	used := map[*crl]bool{}
	for _, a := range t.anchors {
		a.noList = fmt.Errorf("%s holds no revocation list of the CA %s", m.Name, firstCommonName(a.cert))
		for _, list := range lists {
			if !bytes.Equal(list.issuer, a.cert.RawSubject) {
				continue
			}
			if err := list.signedByAnchor(a.cert); err != nil {
				if a.list == nil {
					a.noList = fmt.Errorf("the revocation list %s cannot be used: %w", m.Name, err)
				}
				continue
			}
			// Of several lists of a CA the newest counts.
			if a.list == nil || list.thisUpdate.After(a.list.thisUpdate) {
				a.list, a.noList = list, nil
			}
			used[list] = true
		}
		if a.noList != nil {
			t.problem("%v", a.noList)
		}
	}
	if m.Kept {
		t.problem("the revocation list %s could not be read again: %v; the copy from before is used", m.Name, m.Err)
	}
}

// Anchors describe the CAs.
func (t *Trust) Anchors() []*CertificateFacts {
	var all []*CertificateFacts
	for _, a := range t.anchors {
		all = append(all, factsOf(a.cert))
	}
	return all
}

// ListFacts describe a revocation list for a reader.
type ListFacts struct {
	Issuer                 string // unsanitised
	ThisUpdate, NextUpdate time.Time
	Revoked                int
	Version1               bool
}

// Lists describe the usable revocation lists, one for each CA that has one.
func (t *Trust) Lists() []ListFacts {
	var all []ListFacts
	for i, a := range t.anchors {
		if a.list == nil || i > 0 && t.anchors[i-1].list == a.list {
			continue
		}
		all = append(all, ListFacts{Issuer: subjectOf(a.cert), ThisUpdate: a.list.thisUpdate,
			NextUpdate: a.list.nextUpdate, Revoked: len(a.list.revoked)})
	}
	return all
}

// Problems say what of the files could not be used, a sentence each, without
// what depends on the time.
func (t *Trust) Problems() []string { return t.problems }

// Ready reports whether there is a CA to check against.
func (t *Trust) Ready() bool { return len(t.anchors) > 0 }

// rememberInDate marks the lists that are known to have been in date.
func (t *Trust) rememberInDate(readAt time.Time, before *Trust) {
	for _, a := range t.anchors {
		if a.list == nil {
			continue
		}
		a.list.seenInDate = !readAt.IsZero() && a.list.dateProblem(readAt) == ""
		if before == nil || a.list.seenInDate {
			continue
		}
		for _, old := range before.anchors {
			if old.list != nil && old.list.seenInDate && bytes.Equal(old.list.tbs, a.list.tbs) {
				a.list.seenInDate = true
			}
		}
	}
}

// dateProblem says why a list is out of date at a time, or "".
func (l *crl) dateProblem(now time.Time) string {
	switch {
	case now.Before(l.thisUpdate):
		return "is not valid before " + day(l.thisUpdate)
	case !l.nextUpdate.IsZero() && now.After(l.nextUpdate):
		return "expired on " + day(l.nextUpdate)
	}
	return ""
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// standing is what a Trust says of a certificate, but for what depends on the
// time. It is computed once for each certificate and Trust.
type standing struct {
	// anchors are the CAs that signed it: several when a CA was renewed with
	// the key that it had.
	anchors []*anchor
	code    Code // OK, Untrusted or NoCA
	note    string
	// revoked: a list says so, since a time.
	revoked bool
	since   time.Time
	// caRevoked: it is the CA that is revoked, by the list of who issued it.
	caRevoked bool
}

// standingOf judges a certificate that has no flaw of its own.
func (t *Trust) standingOf(c *x509.Certificate) *standing {
	s := &standing{code: OK}
	if len(t.anchors) == 0 {
		s.code, s.note = NoCA, t.noAnchor.Error()
		return s
	}
	named := false
	for _, a := range t.anchors {
		if !bytes.Equal(a.cert.RawSubject, c.RawIssuer) {
			continue
		}
		named = true
		if signedBy(a.cert, c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil {
			s.anchors = append(s.anchors, a)
		}
	}
	if len(s.anchors) == 0 {
		s.code = Untrusted
		s.note = fmt.Sprintf("the certificate was issued by %q, which is not a trusted CA", nameOf(c))
		if named {
			s.note = fmt.Sprintf("the certificate claims to be issued by %q, but that CA did not sign it", nameOf(c))
		}
		return s
	}
	for _, a := range s.anchors {
		if !s.revoked {
			s.since, s.revoked = t.intermediateRevoked(a)
			s.caRevoked = s.revoked
		}
		if a.list == nil || s.revoked {
			continue
		}
		s.since, s.revoked = a.list.revoked[string(c.SerialNumber.Bytes())]
		// A CA's own number means it on its own list only if it issued itself:
		// an intermediate's is its issuer's, and may be a leaf's here too.
		if !s.revoked && bytes.Equal(a.cert.RawIssuer, a.cert.RawSubject) {
			s.since, s.revoked = a.list.revoked[string(a.cert.SerialNumber.Bytes())]
			s.caRevoked = s.revoked
		}
	}
	return s
}

// intermediateRevoked looks for a CA that another CA of the file issued on the
// list of that one.
func (t *Trust) intermediateRevoked(a *anchor) (since time.Time, revoked bool) {
	for _, issuer := range t.anchors {
		if issuer == a || issuer.list == nil || !bytes.Equal(issuer.cert.RawSubject, a.cert.RawIssuer) || bytes.Equal(a.cert.RawIssuer, a.cert.RawSubject) {
			continue
		}
		if since, revoked = issuer.list.revoked[string(a.cert.SerialNumber.Bytes())]; revoked {
			return since, true
		}
	}
	return time.Time{}, false
}

// anchorValid reports whether one of the CAs is valid at a time.
func (s *standing) anchorValid(t time.Time) bool {
	return slices.ContainsFunc(s.anchors, func(a *anchor) bool { return validAt(a.cert, t) })
}

// list is the revocation list that covers the certificate, or why there is
// none.
func (s *standing) list() (*crl, error) {
	var why error
	for _, a := range s.anchors {
		if a.list != nil {
			return a.list, nil
		}
		why = a.noList
	}
	return nil, why
}

// subjectOf is a CA's common name, or all of its name.
func subjectOf(c *x509.Certificate) string {
	if name := firstCommonName(c); name != "" {
		return name
	}
	return fullName(c.Subject)
}

// nameOf is the issuer's common name, or all of its name.
func nameOf(c *x509.Certificate) string {
	if c.Issuer.CommonName != "" {
		return c.Issuer.CommonName
	}
	return fullName(c.Issuer)
}

// attributeNames are the short names of what names are made of (RFC 4514, 3;
// PKCS #9 for e-mail addresses, which pkix would show in hex).
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
	"1.2.840.113549.1.9.1": "emailAddress", "0.9.2342.19200300.100.1.25": "DC",
}

// fullName is a name for people, in the order in which it is written.
func fullName(n pkix.Name) string {
	var parts []string
	for _, a := range n.Names {
		name := attributeNames[a.Type.String()]
		if name == "" {
			name = a.Type.String()
		}
		parts = append(parts, fmt.Sprintf("%s=%v", name, a.Value))
	}
	return strings.Join(parts, ", ")
}
