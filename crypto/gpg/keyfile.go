package gpg

import (
	"bytes"
	"errors"
	"fmt"
)

// maxKeyFile is more than the agent's file of the longest key.
const maxKeyFile = 64 << 10

// SecretKeyFiles reads key files of GnuPG's agent (private-keys-v1.d/*.key) and
// finds the public keys in the ring that they belong to, by their numbers: the
// files have neither fingerprint nor name. Files of other keys are not an
// error, nor are those that cannot be read; it is one when there is nothing to
// sign with, and it then says why.
func SecretKeyFiles(ring *Keyring, files [][]byte) (*SecretKeys, error) {
	const doing = "read secret key files"
	byNumbers := make(map[string]*keyFile, len(files))
	var problem error
	for _, raw := range files {
		f, err := readKeyFile(raw)
		if err != nil {
			problem = err
			continue
		}
		byNumbers[f.numbers] = f
	}
	s := &SecretKeys{}
	if ring == nil {
		ring = &Keyring{}
	}
	for _, k := range ring.keys {
		for _, key := range signingKeys(k) {
			f := byNumbers[key.pub().numbers()]
			if f == nil {
				continue
			}
			secret := &secretKey{signingKey: *key, whyNot: f.whyNot}
			if f.whyNot == "" {
				part := secretPart{key.pub(), plainSecret(key.pub(), f.secret)}
				secret.sign, secret.whyNot = part.open()
			}
			s.keys = append(s.keys, secret)
		}
	}
	switch {
	case len(s.keys) > 0:
		return s, s.usable(doing)
	case len(files) == 0:
		return s, fmt.Errorf("%s: there is no key file", doing)
	case problem != nil:
		return s, fmt.Errorf("%s: none belongs to a key of the keyring: %w", doing, problem)
	}
	return s, fmt.Errorf("%s: none belongs to a key of the keyring", doing)
}

func rsaNumbers(n []byte) string { return "rsa:" + string(bytes.TrimLeft(n, "\x00")) }

// keyFile is one file of the agent.
type keyFile struct {
	numbers string
	secret  [][]byte
	whyNot  string
}

// String and GoString keep the numbers out of sight.
func (f *keyFile) String() string   { return "key file" }
func (f *keyFile) GoString() string { return f.String() }

// readKeyFile reads either format.
func readKeyFile(raw []byte) (*keyFile, error) {
	if len(raw) > maxKeyFile {
		return nil, fmt.Errorf("it has %d bytes, more than %d", len(raw), maxKeyFile)
	}
	text := raw
	if len(raw) == 0 || raw[0] != '(' {
		text = namedValue(raw, "key")
		if text == nil {
			return nil, errors.New("it is not a key file of GnuPG's agent")
		}
	}
	tree, err := parseSexp(text)
	if err != nil {
		return nil, err
	}
	f := &keyFile{}
	switch tree.name() {
	case "private-key":
	case "protected-private-key":
		f.whyNot = whyProtected
	case "shadowed-private-key":
		f.whyNot = whyCard
	default:
		return nil, errors.New("it is not a private key")
	}
	if len(tree.list) < 2 {
		return nil, errSexp
	}
	key := tree.list[1]
	switch key.name() {
	case "rsa":
		f.numbers = rsaNumbers(key.value("n"))
		f.secret = [][]byte{key.value("d"), key.value("p"), key.value("q")}
	case "ecc", "ecdsa", "eddsa":
		point := key.value("q")
		if len(point) == 33 && point[0] == 0x40 {
			point = point[1:] // "the coordinate as it is", before one of Ed25519
		}
		f.numbers = "ecc:" + string(point)
		f.secret = [][]byte{bytes.TrimLeft(key.value("d"), "\x00")}
	case "dsa":
		f.numbers = "dsa:" + string(bytes.TrimLeft(key.value("y"), "\x00"))
		if f.whyNot == "" {
			f.whyNot = whyDSA
		}
	default:
		return nil, errors.New("its algorithm is not known")
	}
	if f.whyNot == "" {
		for _, part := range f.secret {
			if len(part) == 0 {
				return nil, errors.New("a part of the private key is missing")
			}
		}
	}
	return f, nil
}

// namedValue is a value of the newer format, which has lines of names and
// values, and of values that go on after a space.
func namedValue(text []byte, name string) []byte {
	var value []byte
	in := false
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		switch {
		case len(line) > 0 && (line[0] == ' ' || line[0] == '\t'):
			if in {
				value = append(append(value, '\n'), bytes.TrimRight(line, "\r")...)
			}
		case in:
			return value
		default:
			head, rest, ok := bytes.Cut(line, []byte(":"))
			if ok && bytes.EqualFold(head, []byte(name)) {
				in, value = true, append([]byte{}, bytes.TrimRight(rest, "\r")...)
			}
		}
	}
	return value
}
