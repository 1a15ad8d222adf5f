package trust

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/gpg"
)

// Options say where things are. All may be empty.
type Options struct {
	CA  string // path, or https URL
	CRL string // path, or https URL
	// Keyrings are paths of GnuPG keyrings, or of GnuPG homes, whose
	// pubring.kbx or pubring.gpg is meant.
	Keyrings []string
	// FirstCAOnly takes only the first certificate of the CA file.
	FirstCAOnly bool
	// Offline fetches nothing: of a URL only the kept copy is used.
	Offline bool
	// CacheDir is where copies of what was fetched are kept; empty keeps none.
	CacheDir string
	// Client fetches; nil is one with sensible limits of time.
	Client *http.Client
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// Store reads and watches. Make one with [New]; its methods may be called from
// any goroutine.
type Store struct {
	options Options
	client  *http.Client
	now     func() time.Time
	pause   time.Duration // before the second try of a fetch; twice that before the third

	loading sync.Mutex // one Load at a time; guards what items have read
	items   []*item    // CA, CRL, then keyrings

	mu      sync.Mutex // guards all below
	trust   *crypto.Trust
	keyring *gpg.Keyring
	facts   []Fact
	loaded  bool
}

// What an item is.
const (
	KindCA      = "CA"
	KindCRL     = "revocation list"
	KindKeyring = "keyring"
)

// ErrOffline is why a URL could not be read where the network is not to be used.
var ErrOffline = errors.New("it was not fetched: the network is not to be used")

// Fact is how one file or URL is doing.
type Fact struct {
	Kind string
	Name string // path or URL, without credentials
	// ReadAt is when the copy in use was read or fetched; zero when there is
	// none. For a copy from the cache it is when that was fetched.
	ReadAt time.Time
	// Err says why it could not be read the last time it was tried.
	Err error
	// Kept: the copy in use is an earlier one, and old.
	Kept bool
	// Notes are what of it could not be used, a sentence each.
	Notes []string
}

// New makes a store that has read nothing yet.
func New(o Options) *Store {
	s := &Store{options: o, client: o.Client, now: o.Now, pause: fetchPause}
	if s.now == nil {
		s.now = time.Now
	}
	if s.client == nil {
		s.client = &http.Client{Timeout: fetchTimeout}
	}
	// Redirects could lead to plain http, where anybody on the way chooses what
	// is trusted.
	client := *s.client
	client.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if r.URL.Scheme != "https" || len(via) > maxRedirects {
			return errors.New("it leads away from https, or around in circles")
		}
		return nil
	}
	s.client = &client
	add := func(kind, name string) {
		if name != "" {
			s.items = append(s.items, &item{kind: kind, name: name})
		}
	}
	add(KindCA, o.CA)
	add(KindCRL, o.CRL)
	for _, ring := range o.Keyrings {
		add(KindKeyring, ring)
	}
	s.trust = crypto.NewTrust(crypto.TrustOptions{CA: pending(o.CA), CRL: pending(o.CRL)})
	return s
}

// pending is what is known of a file before it is read.
func pending(name string) crypto.Material {
	if name == "" {
		return crypto.Material{}
	}
	return crypto.Material{Name: redact(name), Err: errors.New("it is being read")}
}

// Trust is what X.509 signatures are checked against now.
func (s *Store) Trust() *crypto.Trust {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trust
}

// Keyring is what GnuPG signatures are checked against now; nil when no
// keyring is named.
func (s *Store) Keyring() *gpg.Keyring {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keyring
}

// Fetches are the URLs that Load may have to fetch, without credentials.
func (s *Store) Fetches() []string {
	var all []string
	for _, it := range s.items {
		if isURL(it.name) {
			all = append(all, redact(it.name))
		}
	}
	return all
}

// Facts are how the files and URLs are doing.
func (s *Store) Facts() []Fact {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.facts)
}

// Problems are sentences about all that could not be used.
func (s *Store) Problems() []string {
	var all []string
	for _, f := range s.Facts() {
		if f.Err != nil && f.Kind == KindKeyring {
			all = append(all, fmt.Sprintf("the keyring %s cannot be used: %v", f.Name, f.Err))
		}
		all = append(all, f.Notes...)
	}
	all = append(all, s.Trust().Problems()...)
	now := s.now()
	for _, a := range s.Trust().Anchors() {
		switch {
		case now.After(a.NotAfter):
			all = append(all, fmt.Sprintf("the CA %s expired on %s", a.CommonName, a.NotAfter.UTC().Format(time.DateOnly)))
		case now.Before(a.NotBefore):
			all = append(all, fmt.Sprintf("the CA %s is not valid before %s", a.CommonName, a.NotBefore.UTC().Format(time.DateOnly)))
		}
	}
	for _, l := range s.Trust().Lists() {
		switch {
		case !l.NextUpdate.IsZero() && now.After(l.NextUpdate):
			all = append(all, fmt.Sprintf("the revocation list of %s expired on %s", l.Issuer, l.NextUpdate.UTC().Format(time.DateOnly)))
		case now.Before(l.ThisUpdate):
			all = append(all, fmt.Sprintf("the revocation list of %s is not valid before %s", l.Issuer, l.ThisUpdate.UTC().Format(time.DateOnly)))
		}
	}
	return all
}

// Load reads what has changed, or all of it the first time, and reports
// whether anything is different from before. URLs are fetched when they are
// due, which they are at first. It never fails: see Facts and Problems.
func (s *Store) Load(ctx context.Context) (changed bool) {
	s.loading.Lock()
	defer s.loading.Unlock()
	// All at once: a server that does not answer must not hold up the next.
	different := make([]bool, len(s.items))
	var reading sync.WaitGroup
	for i, it := range s.items {
		reading.Go(func() { different[i] = it.refresh(ctx, s) })
	}
	reading.Wait()
	changed = slices.Contains(different, true)
	s.mu.Lock()
	first := !s.loaded
	s.mu.Unlock()
	if !changed && !first {
		return false
	}
	s.build()
	return true
}

// build makes new values of what was read. The caller holds loading.
func (s *Store) build() {
	o := crypto.TrustOptions{FirstOnly: s.options.FirstCAOnly}
	var facts []Fact
	var rings []*gpg.Keyring
	named := false
	for _, it := range s.items {
		fact := it.fact()
		switch it.kind {
		case KindCA:
			o.CA = it.material()
		case KindCRL:
			o.CRL = it.material()
			o.CRLReadAt = it.readAt
		case KindKeyring:
			named = true
			if it.ring != nil {
				rings = append(rings, it.ring)
			}
		}
		facts = append(facts, fact)
	}
	o.Before = s.Trust()
	trust := crypto.NewTrust(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trust, s.facts, s.loaded = trust, facts, true
	if named {
		s.keyring = gpg.Join(rings...)
	}
}

// isURL reports whether a name is fetched: like fedmsg, only https counts, and
// anything else is a path (fedmsg/crypto/utils.py, load_certificates).
func isURL(name string) bool { return strings.HasPrefix(name, "https://") }
