package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// ownTable is the table of the tree that holds this program's own settings,
// which fedmsg.d cannot set.
const ownTable = "fedmsg_tui"

// maxFileBytes bounds a settings file.
const maxFileBytes = 1 << 20

// Load reads all settings. It fails when a file that was asked for cannot be
// read, and for mistakes in config.toml and in the overrides; what is wrong in
// fedmsg.d goes into Warnings. It looks up srv_endpoints in DNS, for at most a
// few seconds.
func Load(ctx context.Context, opts Options) (*Settings, error) {
	opts, err := opts.filled()
	if err != nil {
		return nil, err
	}
	l := &loader{opts: opts, settings: &Settings{tree: defaults(opts)}}
	own, err := l.ownFile()
	if err != nil {
		return nil, err
	}
	if err := l.fedmsgFiles(ctx, own); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("reading settings: %w", err)
	}
	if own != nil {
		l.over(own.tree)
	}
	flags, err := opts.Overrides.tree(l.settings.tree)
	if err != nil {
		return nil, err
	}
	l.over(flags)
	l.discover(ctx)
	if err := l.settle(); err != nil {
		return nil, err
	}
	l.announce()
	return l.settings, nil
}

// loader collects settings.
type loader struct {
	opts     Options
	settings *Settings
	local    []string // files of the current directory that were found by themselves
}

func (l *loader) warn(kind WarningKind, file string, line int, format string, args ...any) {
	l.settings.Warnings = append(l.settings.Warnings, Warning{kind, file, line, fmt.Sprintf(format, args...)})
}

// over lays a layer of the user's own settings over the tree. Unlike within
// fedmsg.d, the endpoints of a layer replace those below: there is no other
// way to leave one out.
func (l *loader) over(layer *node) {
	if layer.child("endpoints") != nil {
		delete(l.settings.tree.children, "endpoints")
		delete(l.settings.tree.children, "srv_endpoints")
	}
	l.settings.tree.merge(layer)
}

// filled is the options with their defaults.
func (o Options) filled() (Options, error) {
	var err error
	if o.WorkDir == "" {
		if o.WorkDir, err = os.Getwd(); err != nil {
			return o, fmt.Errorf("finding the current directory: %w", err)
		}
	}
	if o.Home == "" {
		// Without a home there is nothing to read in it, which is no error.
		o.Home, _ = os.UserHomeDir()
	}
	if o.Hostname == "" {
		if o.Hostname, err = os.Hostname(); err != nil {
			o.Hostname = "localhost"
		}
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	return o, nil
}

// expand makes a path absolute: ~/ is the home, and what is relative is
// relative to base. URLs stay as they are.
func (o Options) expand(path, base string) string {
	switch {
	case path == "" || filepath.IsAbs(path) || strings.Contains(path, "://"):
		return path
	case path == "~" || strings.HasPrefix(path, "~/"):
		return filepath.Join(o.Home, path[1:])
	}
	return filepath.Join(base, path)
}

// readFile reads a regular file of a bounded size. Others, such as pipes, would
// let the program wait for ever.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read from: closing cannot lose anything
	content, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(content) > maxFileBytes {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d bytes", maxFileBytes)}
	}
	return content, err
}

// reason is an error without the path that it repeats.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
