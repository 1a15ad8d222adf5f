package gpg

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

var (
	armorBegin = []byte("-----BEGIN PGP ")
	armorEnd   = []byte("-----END PGP ")
	armorDash  = []byte("-----")
)

// maxArmorLine bounds lines: the library puts a header together in pieces, each
// time copying what it has.
const maxArmorLine = 1000

// isArmored reports whether b has the beginning of armour in it.
func isArmored(b []byte) bool { return bytes.Contains(b, armorBegin) }

// readArmor decodes all blocks of a text, which may have other text around
// them: key servers' pages and files put together by hand do. It gives them one
// by one, as there may be a great many.
func readArmor(text []byte, give func(kind string, data []byte, err error) error) error {
	for {
		at := bytes.Index(text, armorBegin)
		if at < 0 {
			return nil
		}
		block := text[at:]
		text = block[len(armorBegin):]
		line, _, _ := bytes.Cut(text, []byte("\n"))
		kind, ok := bytes.CutSuffix(bytes.TrimRight(line, " \t\r"), armorDash)
		if !ok {
			continue
		}
		end := bytes.Index(block, armorEnd)
		if end < 0 {
			return give(string(kind), nil, errors.New("its armour has no end"))
		}
		text = block[end:]
		data, err := decodeArmor(block[:end])
		if err := give(string(kind), data, err); err != nil {
			return err
		}
	}
}

// decodeArmor decodes a block, without its last line. The library takes any end
// for that of a block, and looks at no checksum: both are checked here, as
// damage that went unseen could lose a revocation.
func decodeArmor(block []byte) ([]byte, error) {
	var check []byte
	for rest := block; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		if len(line) > maxArmorLine {
			return nil, fmt.Errorf("its armour has a line of more than %d characters", maxArmorLine)
		}
		if line = bytes.TrimSpace(line); len(line) == 5 && line[0] == '=' {
			check = line[1:]
		}
	}
	b, err := armor.Decode(bytes.NewReader(block))
	if err != nil {
		return nil, errors.New("its armour is damaged")
	}
	data, err := io.ReadAll(b.Body)
	if err != nil {
		return nil, errors.New("its armour is not base64")
	}
	if check != nil && string(check) != checksum(data) {
		return nil, errors.New("its armour's checksum does not match")
	}
	return data, nil
}

// checksum is that of armour (RFC 4880, 6.1), in base64.
func checksum(b []byte) string {
	crc := uint32(0xb704ce)
	for _, c := range b {
		crc ^= uint32(c) << 16
		for range 8 {
			crc <<= 1
			if crc&0x1000000 != 0 {
				crc ^= 0x1864cfb
			}
		}
	}
	return base64.StdEncoding.EncodeToString([]byte{byte(crc >> 16), byte(crc >> 8), byte(crc)})
}

// clip shortens text that comes from a file, for a sentence.
func clip(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
