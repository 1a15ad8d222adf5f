package gpg

import (
	"bytes"
	"encoding/base64"
	"errors"
)

var (
	armorBegin = []byte("-----BEGIN PGP ")
	armorEnd   = []byte("-----END PGP ")
	armorDash  = []byte("-----")
)

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
		text = text[at+len(armorBegin):]
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		kind, ok := bytes.CutSuffix(bytes.TrimRight(line, " \t\r"), armorDash)
		if !ok {
			continue
		}
		var data []byte
		var err error
		data, text, err = readArmorBody(rest)
		if err := give(string(kind), data, err); err != nil {
			return err
		}
	}
}

func readArmorBody(text []byte) (data, rest []byte, err error) {
	end := bytes.Index(text, armorEnd)
	if end < 0 {
		return nil, nil, errors.New("its armour has no end")
	}
	body, rest := text[:end], text[end:]
	var encoded, check []byte
	head := true
	for len(body) > 0 {
		var line []byte
		line, body, _ = bytes.Cut(body, []byte("\n"))
		line = bytes.Trim(line, " \t\r")
		switch {
		case head && (len(line) == 0 || bytes.Contains(line, []byte(": ")) || bytes.HasSuffix(line, []byte(":"))):
			head = len(line) > 0 || len(encoded) == 0
		case len(line) > 0 && line[0] == '=':
			check = line[1:]
		default:
			head = false
			encoded = append(encoded, line...)
		}
	}
	data = make([]byte, base64.StdEncoding.DecodedLen(len(encoded)))
	n, err := base64.StdEncoding.Decode(data, encoded)
	if err != nil {
		return nil, rest, errors.New("its armour is not base64")
	}
	data = data[:n]
	if check != nil {
		sum, err := base64.StdEncoding.DecodeString(string(check))
		if err != nil || len(sum) != 3 || crc24(data) != uint32(sum[0])<<16|uint32(sum[1])<<8|uint32(sum[2]) {
			return nil, rest, errors.New("its armour's checksum does not match")
		}
	}
	return data, rest, nil
}

// crc24 is the checksum of armour (RFC 4880, 6.1).
func crc24(b []byte) uint32 {
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
	return crc & 0xffffff
}

// clip shortens text that comes from a file, for a sentence.
func clip(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
