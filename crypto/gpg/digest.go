package gpg

import (
	"bytes"
	"crypto"
	"hash"
	"strconv"
	"strings"

	_ "golang.org/x/crypto/ripemd160" //lint:ignore SA1019 gpg accepts it, and some old keys signed themselves with it
)

// Digest algorithms (RFC 4880, 9.4).
const (
	digestMD5       = 1
	digestSHA1      = 2
	digestRIPEMD160 = 3
	digestSHA256    = 8
	digestSHA512    = 10
)

// digests are the digests that are computed here; the library's packages link
// them. SHA-1 and RIPEMD-160 are among them as gpg 2.2 accepts them in
// signatures: what is wrong with them is that two texts with one digest can be
// made, not that one can be found for a signature that exists. MD5 is not, and
// gpg refuses it.
var digests = map[byte]crypto.Hash{
	digestSHA1: crypto.SHA1, digestRIPEMD160: crypto.RIPEMD160,
	digestSHA256: crypto.SHA256, 9: crypto.SHA384, digestSHA512: crypto.SHA512, 11: crypto.SHA224,
}

func digestName(algo byte) string {
	if algo == digestMD5 {
		return "MD5"
	}
	if d, ok := digests[algo]; ok {
		return strings.ReplaceAll(d.String(), "-", "")
	}
	return "digest algorithm " + strconv.Itoa(int(algo))
}

// rsaRIPEMD160 is RIPEMD-160 for RSA. It has two names in ASN.1, and crypto/rsa
// writes the one that OpenPGP does not: told of no digest, it takes this as it
// is.
type rsaRIPEMD160 struct{ hash.Hash }

// Sum is the digest with its name.
func (h rsaRIPEMD160) Sum(b []byte) []byte {
	return h.Hash.Sum(append(b, "\x30\x21\x30\x09\x06\x05\x2b\x24\x03\x02\x01\x05\x00\x04\x14"...))
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
