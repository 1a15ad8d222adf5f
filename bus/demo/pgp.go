package demo

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"math/big"
	"time"

	"fedmsg-tui/crypto/gpg"
)

// pgpKey is a GnuPG key: Ed25519, one user id, for signing.
type pgpKey struct {
	public []byte // as gpg --export writes it
	signer *gpg.Signer
}

// newPGPKey makes a key of OpenPGP version 4 (RFC 4880, with the curve as
// GnuPG writes it). A lifetime of 0 has no end.
func newPGPKey(userID string, born time.Time, lifetime time.Duration) (*pgpKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the GnuPG key of %s: %w", userID, err)
	}
	const (
		eddsa                                       = 22
		packetSecret, packetPublic, packetUser, sig = 5, 6, 13, 2
	)
	body := binary.BigEndian.AppendUint32([]byte{4}, uint32(born.Unix()))
	body = append(body, eddsa, 9, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01)
	body = appendMPI(body, append([]byte{0x40}, key.Public().(ed25519.PublicKey)...))
	hashedKey := binary.BigEndian.AppendUint16([]byte{0x99}, uint16(len(body)))
	hashedKey = append(hashedKey, body...)
	fingerprint := sha1.Sum(hashedKey)

	// The key vouches for its user id (RFC 4880, 5.2.4).
	hashed := append([]byte{22, 33, 4}, fingerprint[:]...)
	hashed = append(hashed, 5, 2)
	hashed = binary.BigEndian.AppendUint32(hashed, uint32(born.Unix()))
	hashed = append(hashed, 2, 27, 0x03) // may certify and sign
	if lifetime > 0 {
		hashed = append(hashed, 5, 9)
		hashed = binary.BigEndian.AppendUint32(hashed, uint32(lifetime/time.Second))
	}
	const positive, sha512ID = 0x13, 10
	statement := binary.BigEndian.AppendUint16([]byte{4, positive, eddsa, sha512ID}, uint16(len(hashed)))
	statement = append(statement, hashed...)
	h := sha512.New()
	h.Write(hashedKey)
	h.Write(binary.BigEndian.AppendUint32([]byte{0xb4}, uint32(len(userID))))
	h.Write([]byte(userID))
	h.Write(statement)
	h.Write(binary.BigEndian.AppendUint32([]byte{4, 0xff}, uint32(len(statement))))
	sum := h.Sum(nil)
	signature := ed25519.Sign(key, sum)
	statement = append(statement, 0, 10, 9, 16)
	statement = append(statement, fingerprint[12:]...)
	statement = append(statement, sum[:2]...)
	statement = appendMPI(appendMPI(statement, signature[:32]), signature[32:])

	named := append(packet(packetUser, []byte(userID)), packet(sig, statement)...)
	secret := appendMPI([]byte{0}, key.Seed())
	check := uint16(0)
	for _, b := range secret[1:] {
		check += uint16(b)
	}
	secret = binary.BigEndian.AppendUint16(secret, check)
	both := append(packet(packetSecret, append(bytes.Clone(body), secret...)), named...)
	keys, err := gpg.ReadSecretKeys(both)
	if err != nil {
		return nil, fmt.Errorf("read the GnuPG key of %s: %w", userID, err)
	}
	signer, err := keys.Signer("", born)
	if err != nil {
		return nil, fmt.Errorf("use the GnuPG key of %s: %w", userID, err)
	}
	return &pgpKey{public: append(packet(packetPublic, body), named...), signer: signer}, nil
}

// packet writes a header in the old format, as gpg --export does.
func packet(tag byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0x80 | tag<<2 | 1}, uint16(len(body))), body...)
}

// appendMPI writes a number of any size (RFC 4880, 3.2).
func appendMPI(dst, value []byte) []byte {
	n := new(big.Int).SetBytes(value)
	return append(binary.BigEndian.AppendUint16(dst, uint16(n.BitLen())), n.Bytes()...)
}
