package trust

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/gpg"
)

// LoadX509Signer reads DIR/NAME.crt and DIR/NAME.key once and makes a signer of
// them. Warnings are sentences about files that work and should not be as they
// are: keys that others can read.
func LoadX509Signer(dir, name string) (signer *crypto.X509Signer, warnings []string, err error) {
	certPath, keyPath := filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	cert, err := readFile(certPath)
	if err != nil {
		return nil, nil, fmt.Errorf("read the certificate %s: %w", certPath, err)
	}
	key, err := readFile(keyPath)
	if err != nil {
		return nil, nil, fmt.Errorf("read the private key %s: %w", keyPath, err)
	}
	if warning := ExposedKey(keyPath); warning != "" {
		warnings = append(warnings, warning)
	}
	signer, err = crypto.NewX509Signer(cert, key)
	clear(key)
	if err != nil {
		return nil, warnings, fmt.Errorf("sign as %s of %s: %w", name, dir, err)
	}
	return signer, warnings, nil
}

// ExposedKey says what is wrong with the permissions of a private key, or "".
// A group may read it: publishers of one machine often share a key that way.
func ExposedKey(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o004 != 0:
		return fmt.Sprintf("the private key %s can be read by everybody on this machine (mode %04o): chmod o-r %s", path, mode, path)
	case mode&0o022 != 0:
		return fmt.Sprintf("the private key %s can be replaced by others (mode %04o): chmod go-w %s", path, mode, path)
	}
	return ""
}

// maxSecretFiles bounds the key files of a GnuPG home that are read.
const maxSecretFiles = 1000

// LoadGPGSigner makes a signer of a secret key: path is a file with exported
// secret keys, or a GnuPG home, of which the key files of the agent are used
// (private-keys-v1.d) or an old secret keyring (secring.gpg). which picks a key
// as gpg -u does; empty takes the first that can sign. Keys with a passphrase
// cannot be used: there is nobody to ask.
func LoadGPGSigner(path, which string) (signer *crypto.GPGSigner, warnings []string, err error) {
	keys, warnings, err := secretKeys(path)
	if err != nil {
		return nil, warnings, fmt.Errorf("read the secret keys of %s: %w", path, err)
	}
	key, err := keys.Signer(which, time.Now())
	if err != nil {
		return nil, warnings, fmt.Errorf("sign with a key of %s: %w", path, err)
	}
	return crypto.NewGPGSigner(key, nil), warnings, nil
}

func secretKeys(path string) (keys *gpg.SecretKeys, warnings []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, plain(err)
	}
	expose := func(file string) {
		if warning := ExposedKey(file); warning != "" {
			warnings = append(warnings, warning)
		}
	}
	if !info.IsDir() {
		raw, err := readFile(path)
		if err != nil {
			return nil, nil, err
		}
		expose(path)
		keys, err = gpg.ReadSecretKeys(raw)
		clear(raw)
		return keys, warnings, err
	}
	names, err := filepath.Glob(filepath.Join(path, "private-keys-v1.d", "*.key"))
	if err != nil {
		return nil, nil, err
	}
	if len(names) == 0 {
		return secretKeys(filepath.Join(path, "secring.gpg"))
	}
	var files [][]byte
	for _, name := range names[:min(len(names), maxSecretFiles)] {
		raw, err := readFile(name)
		if err != nil {
			return nil, warnings, fmt.Errorf("%s: %w", name, err)
		}
		expose(name)
		files = append(files, raw)
	}
	public, err := readFile(keyringFile(path))
	if err != nil {
		return nil, warnings, fmt.Errorf("the keyring: %w", err)
	}
	ring, _, err := gpg.ReadKeyring(public)
	if err != nil {
		return nil, warnings, err
	}
	keys, err = gpg.SecretKeyFiles(ring, files)
	for _, raw := range files {
		clear(raw)
	}
	return keys, warnings, err
}
