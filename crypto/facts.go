package crypto

import "time"

// CertificateFacts describe a certificate for a reader.
type CertificateFacts struct {
	CommonName, Issuer  string // unsanitised
	Serial              string // decimal
	NotBefore, NotAfter time.Time
	KeyBits             int
	SignedWith          string    // "SHA256-RSA"
	RevokedAt           time.Time // zero when it is not revoked, or not known to be
	SHA256              string    // fingerprint, hex
}
