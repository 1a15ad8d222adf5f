package gpg

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // the digest of old signatures
	_ "crypto/sha256"
	_ "crypto/sha512"
	"hash"
	"strconv"
)

// Digest algorithms (RFC 4880, 9.4).
const (
	digestMD5       = 1
	digestSHA1      = 2
	digestRIPEMD160 = 3
	digestSHA256    = 8
	digestSHA512    = 10
)

// digests are the digests that are computed here. SHA-1 and RIPEMD-160 are
// among them as gpg 2.2 accepts them in signatures: what is wrong with them is
// that two texts with one digest can be made, not that one can be found for a
// signature that exists. MD5 is not, and gpg refuses it.
var digests = map[byte]struct {
	name string
	hash crypto.Hash
}{
	digestSHA1:      {"SHA1", crypto.SHA1},
	digestRIPEMD160: {"RIPEMD160", crypto.RIPEMD160},
	digestSHA256:    {"SHA256", crypto.SHA256},
	9:               {"SHA384", crypto.SHA384},
	digestSHA512:    {"SHA512", crypto.SHA512},
	11:              {"SHA224", crypto.SHA224},
}

func digestName(algo byte) string {
	if algo == digestMD5 {
		return "MD5"
	}
	if d, ok := digests[algo]; ok {
		return d.name
	}
	return "digest algorithm " + strconv.Itoa(int(algo))
}

// newDigest is nil for a digest that is not computed here.
func newDigest(algo byte) hash.Hash {
	d, ok := digests[algo]
	if !ok {
		return nil
	}
	if d.hash == crypto.RIPEMD160 {
		return newRIPEMD160()
	}
	return d.hash.New()
}

// pkcs1Digest is what crypto/rsa is to sign or check. RIPEMD-160 has two names
// in ASN.1, and crypto/rsa writes the one that OpenPGP does not: with this
// prefix, it takes the digest as it is.
func pkcs1Digest(algo byte, sum []byte) (crypto.Hash, []byte) {
	if algo != digestRIPEMD160 {
		return digests[algo].hash, sum
	}
	prefix := []byte{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x24, 0x03, 0x02, 0x01, 0x05, 0x00, 0x04, 0x14}
	return 0, append(prefix, sum...)
}

// hashText gives h the text as signatures over text see it: every line ends in
// CR LF. Like gpg, it drops all CRs before the end of a line.
func hashText(h hash.Hash, text []byte) {
	for len(text) > 0 {
		line, rest, ended := bytes.Cut(text, []byte("\n"))
		h.Write(bytes.TrimRight(line, "\r"))
		if ended {
			h.Write([]byte("\r\n"))
		}
		text = rest
	}
}
