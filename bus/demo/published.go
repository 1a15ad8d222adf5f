package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// published are the files of an authority, for receivers on this machine.
type published struct {
	authority *Authority
	dir       string
	renewed   bool // the second edition of the lists is out, or was tried
}

const (
	caFile      = "ca.pem"
	crlFile     = "crl.pem"
	keyringFile = "keyring.gpg"
)

// publish writes the files into a new folder that only its owner may read.
func publish(a *Authority, start time.Time) (*published, error) {
	dir, err := os.MkdirTemp("", "fedmsg-tui-demo-")
	if err != nil {
		return nil, fmt.Errorf("demo bus: make a folder for certificates: %w", err)
	}
	p := &published{authority: a, dir: dir}
	if p.dir, err = filepath.Abs(dir); err == nil {
		err = errors.Join(p.replace(caFile, a.CA()), p.replace(keyringFile, a.Keyring()), p.list(start, 0))
	}
	if err != nil {
		return nil, errors.Join(err, p.remove())
	}
	return p, nil
}

// list writes the revocation lists of a script time.
func (p *published) list(start time.Time, at time.Duration) error {
	text, err := p.authority.CRL(start, at)
	if err != nil {
		return err
	}
	return p.replace(crlFile, text)
}

// passed writes the later revocation lists once their script time has come.
func (p *published) passed(start time.Time, at time.Duration) error {
	if p.renewed || at < revokedAt {
		return nil
	}
	p.renewed = true
	return p.list(start, at)
}

// replace puts a file in the place of another in one step, so that who reads it
// sees either.
func (p *published) replace(name string, text []byte) error {
	path := filepath.Join(p.dir, name)
	err := os.WriteFile(path+".new", text, 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("demo bus: write %s: %w", name, err)
	}
	return nil
}

func (p *published) remove() error {
	if err := os.RemoveAll(p.dir); err != nil {
		return fmt.Errorf("demo bus: remove the folder of certificates: %w", err)
	}
	return nil
}

// path is where a file is; empty when nothing is published.
func (p *published) path(name string) string {
	if p == nil {
		return ""
	}
	return filepath.Join(p.dir, name)
}
