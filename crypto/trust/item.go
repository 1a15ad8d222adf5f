package trust

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/gpg"
)

const (
	// maxBytes bounds a file or an answer. A revocation list of a million
	// certificates has about 40 MB.
	maxBytes = 64 << 20
	// Lists are fetched again every hour, CAs every day.
	crlEvery = time.Hour
	caEvery  = 24 * time.Hour
	// keptAfter is how old the copy of a URL is before it counts as one that
	// could not be fetched again.
	keptAfter = 24 * time.Hour
	// retryEvery is how long after a fetch failed the next is tried.
	retryEvery = 5 * time.Minute
)

// item is one file or URL. Only Load looks at it, one at a time.
type item struct {
	kind, name string

	text   []byte
	hash   string
	readAt time.Time
	err    error
	kept   bool
	stamp  stamp
	due    time.Time // when a URL is fetched again
	tried  bool

	ring  *gpg.Keyring
	notes []string // what of a keyring could not be used
	// unkept says why the copy of a URL could not be kept, or is empty.
	unkept string
}

// stamp tells one state of a file from the next.
type stamp struct {
	path    string
	size    int64
	mtime   time.Time
	inode   uint64
	mode    fs.FileMode // whether it can be read
	missing bool
}

func (it *item) material() crypto.Material {
	return crypto.Material{Name: redact(it.name), Text: it.text, Err: it.err, Kept: it.kept}
}

func (it *item) fact() Fact {
	notes := slices.Clone(it.notes)
	if it.unkept != "" {
		notes = append(notes, it.unkept)
	}
	return Fact{Kind: it.kind, Name: redact(it.name), ReadAt: it.readAt, Err: it.err, Kept: it.kept, Notes: notes}
}

// refresh reads the item if it has changed or is due, and reports whether what
// is known about it is different now.
func (it *item) refresh(ctx context.Context, s *Store) bool {
	if isURL(it.name) {
		return it.fetch(ctx, s)
	}
	path := it.name
	if it.kind == KindKeyring {
		path = keyringFile(path)
	}
	now := stampOf(path)
	if it.tried && now == it.stamp {
		return false
	}
	it.stamp, it.tried = now, true
	text, err := readFile(path)
	if err == nil && len(text) == 0 && len(it.text) > 0 {
		// A file that is being written anew is empty for a moment.
		err = errors.New("it is empty")
	}
	return it.take(text, err, s.now())
}

// take notes the outcome of reading.
func (it *item) take(text []byte, err error, now time.Time) (changed bool) {
	if err != nil {
		changed = it.err == nil || it.err.Error() != err.Error()
		it.err = err
		// A fetch may fail now and then: a copy is old when it has missed some.
		kept := len(it.text) > 0 && (!isURL(it.name) || now.Sub(it.readAt) >= keptAfter)
		changed = changed || kept != it.kept
		it.kept = kept
		return changed
	}
	hash := hashOf(text)
	changed = hash != it.hash || it.err != nil
	it.text, it.hash, it.readAt, it.err, it.kept = text, hash, now, nil, false
	if it.kind == KindKeyring && changed {
		ring, notes, err := gpg.ReadKeyring(text)
		it.ring, it.notes = ring, nil
		for _, note := range notes {
			it.notes = append(it.notes, fmt.Sprintf("in the keyring %s: %s", redact(it.name), note))
		}
		if err != nil {
			it.err = err
		}
	}
	return changed
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// keyringFile is the keyring of a GnuPG home, or the path itself when it is no
// folder. GnuPG since 2.1 keeps new keyrings as pubring.kbx and goes on using
// an older pubring.gpg where there is one.
func keyringFile(path string) string {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return path
	}
	for _, name := range []string{"pubring.gpg", "pubring.kbx"} {
		file := filepath.Join(path, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			return file
		}
	}
	return filepath.Join(path, "pubring.kbx")
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{path: path, missing: true}
	}
	return stamp{path: path, size: info.Size(), mtime: info.ModTime(), inode: inodeOf(info), mode: info.Mode()}
}

// readFile reads a regular file of a bounded size; others, such as pipes, would
// let the program wait for ever.
func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close() // only read from: closing cannot lose anything
	info, err := f.Stat()
	if err != nil {
		return nil, plain(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err == nil && len(text) > maxBytes {
		err = fmt.Errorf("it is larger than %d bytes", maxBytes)
	}
	return text, plain(err)
}

// plain is an error without the path, which the sentence around it names.
func plain(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
