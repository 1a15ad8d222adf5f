package trust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

const (
	// fetchTimeout and fetchTries are fedmsg's own (fedmsg/crypto/utils.py,
	// _load_remote_cert).
	fetchTimeout = 30 * time.Second
	fetchTries   = 3
	fetchPause   = time.Second
	maxRedirects = 5
)

// fetch gets a URL when it is due. The first time the copy of an earlier run
// is taken from the cache while it is young, and when nothing newer can be had.
func (it *item) fetch(ctx context.Context, s *Store) (changed bool) {
	now := s.now()
	every := caEvery
	if it.kind == KindCRL {
		every = crlEvery
	}
	if !it.tried {
		it.tried = true
		if text, at, err := s.cached(it.name); err == nil {
			changed = it.take(text, nil, at)
			it.due = at.Add(every)
		}
	}
	if now.Before(it.due) {
		return changed
	}
	if s.options.Offline {
		it.due = now.Add(retryEvery)
		return it.take(nil, ErrOffline, now) || changed
	}
	text, err := s.download(ctx, it.name)
	if err != nil {
		it.due = now.Add(retryEvery)
		return it.take(nil, err, now) || changed
	}
	it.due = now.Add(every)
	changed = it.take(text, nil, now) || changed
	note := ""
	if err := s.keep(it.name, text); err != nil {
		note = fmt.Sprintf("the copy of %s cannot be kept: %v", redact(it.name), err)
	}
	changed = changed || note != it.unkept
	it.unkept = note
	return changed
}

// download tries a few times: a name server or a proxy that hiccups must not
// decide about trust.
func (s *Store) download(ctx context.Context, address string) (text []byte, err error) {
	for try := range fetchTries {
		if try > 0 {
			select {
			case <-ctx.Done():
				return nil, err
			case <-time.After(s.pause << (try - 1)):
			}
		}
		var again bool
		if text, again, err = s.get(ctx, address); err == nil || !again {
			return text, err
		}
	}
	return nil, err
}

func (s *Store) get(ctx context.Context, address string) (text []byte, again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, false, errors.New("its URL cannot be understood")
	}
	request.Header.Set("User-Agent", "fedmsg-tui")
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, ctx.Err() == nil, unwrapURL(err)
	}
	defer answer.Body.Close() // only read from
	if answer.StatusCode != http.StatusOK {
		return nil, answer.StatusCode >= 500, fmt.Errorf("the server answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	text, err = io.ReadAll(io.LimitReader(answer.Body, maxBytes+1))
	switch {
	case err != nil:
		return nil, true, err
	case len(text) > maxBytes:
		return nil, false, fmt.Errorf("it is larger than %d bytes", maxBytes)
	case len(text) == 0:
		return nil, false, errors.New("the server's answer is empty")
	case !bytes.Contains(text, []byte("-----BEGIN ")) && text[0] != 0x30:
		// An error page must not take the place of the copy that is kept.
		return nil, false, errors.New("the server's answer holds no certificate and no list")
	}
	return text, false, nil
}

// unwrapURL is an error of net/http without the URL, which may hold a password.
func unwrapURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// redact is a name without what a URL may have that lets people in: names and
// passwords, and all behind a question mark.
func redact(name string) string {
	if !isURL(name) {
		return name
	}
	u, err := url.Parse(name)
	if err != nil {
		return "https://…"
	}
	if u.User != nil {
		u.User = url.User("xxxxx")
	}
	if u.RawQuery != "" {
		u.RawQuery = "xxxxx"
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

// cacheFile is where the copy of a URL is kept. The name says nothing, as a URL
// may hold a password.
func (s *Store) cacheFile(address string) string {
	return filepath.Join(s.options.CacheDir, hashOf([]byte(address))[:32])
}

// cached is the kept copy of a URL, and when it was fetched.
func (s *Store) cached(address string) (text []byte, at time.Time, err error) {
	if s.options.CacheDir == "" {
		return nil, at, os.ErrNotExist
	}
	path := s.cacheFile(address)
	info, err := os.Stat(path)
	if err != nil {
		return nil, at, err
	}
	text, err = readFile(path)
	if err == nil && len(text) == 0 {
		err = os.ErrNotExist
	}
	return text, info.ModTime(), err
}

// keep writes the copy of a URL, so that nobody ever sees half of it.
func (s *Store) keep(address string, text []byte) error {
	if s.options.CacheDir == "" {
		return nil
	}
	if err := os.MkdirAll(s.options.CacheDir, 0o700); err != nil {
		return plain(err)
	}
	f, err := os.CreateTemp(s.options.CacheDir, "fetching-*")
	if err != nil {
		return plain(err)
	}
	_, err = f.Write(text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), s.cacheFile(address))
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the reason to give up is err
	}
	return plain(err)
}
