package trust

import (
	"fmt"
	"os"
	"path/filepath"

	"fedmsg-tui/crypto"
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
