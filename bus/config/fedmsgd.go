package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fedmsg-tui/bus/config/pyfile"
)

// maxFolderFiles bounds what is read of one fedmsg.d.
const maxFolderFiles = 256

// pyFile is a file of fedmsg's settings.
type pyFile struct {
	path string
	// local: it was found in the current directory, and nobody named it.
	local bool
}

// fedmsgFiles evaluates fedmsg's files in their order and merges them.
func (l *loader) fedmsgFiles(ctx context.Context, own *ownFile) error {
	files, err := l.chosenFiles(own)
	if err != nil {
		return err
	}
	if files == nil {
		files = l.searchPath()
	}
	budget := pyfile.NewBudget()
	for _, file := range files {
		if ctx.Err() != nil {
			return nil // Load says so
		}
		content, err := readFile(file.path)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				l.warn(Skipped, file.path, 0, "cannot be read: %s", reason(err))
			}
			continue
		}
		l.settings.Files = append(l.settings.Files, file.path)
		if file.local {
			l.local = append(l.local, file.path)
		}
		l.evaluate(ctx, file, content, budget)
	}
	return nil
}

// chosenFiles are those that the user named instead of the search path; nil
// when there are none.
func (l *loader) chosenFiles(own *ownFile) ([]pyFile, error) {
	path, by := l.opts.FedmsgConfigPath, Place{Kind: FromFlag, Name: "--fedmsg-config"}
	if own != nil {
		if n := own.tree.child(ownTable).child("fedmsg_config"); n != nil {
			if path == "" {
				path, by = n.value.(string), n.place
			}
			// What is in effect is noted below; the layer must not undo it.
			delete(own.tree.child(ownTable).children, "fedmsg_config")
		}
	}
	if path == "" {
		path, by = l.opts.Getenv("FEDMSG_CONFIG"), Place{Kind: FromEnvironment, Name: "FEDMSG_CONFIG"}
	}
	if path == "" {
		return nil, nil
	}
	path = l.opts.expand(path, l.opts.WorkDir)
	l.settings.tree.child(ownTable).set("fedmsg_config", path, by)
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading fedmsg's settings, named by %s: %w", by, err)
	}
	if !info.IsDir() {
		if _, err := readFile(path); err != nil {
			return nil, fmt.Errorf("reading fedmsg's settings, named by %s: %w", by, err)
		}
		return []pyFile{{path: path}}, nil
	}
	return append([]pyFile{}, l.folder(path, false)...), nil
}

// searchPath is where fedmsg looks by itself, later files over earlier ones
// (fedmsg/config.py, _gather_configs_in and load_config): the folders first,
// and then the single files of old.
func (l *loader) searchPath() []pyFile {
	etc := filepath.Join(l.opts.Root, "/etc")
	files := l.folder(filepath.Join(etc, "fedmsg.d"), false)
	if l.opts.Home != "" {
		files = append(files, l.folder(filepath.Join(l.opts.Home, ".fedmsg.d"), false)...)
	}
	files = append(files, l.folder(filepath.Join(l.opts.WorkDir, "fedmsg.d"), true)...)
	if venv := l.opts.Getenv("VIRTUAL_ENV"); venv != "" {
		files = append(files, l.folder(filepath.Join(venv, "etc", "fedmsg.d"), false)...)
	}
	files = append(files, pyFile{filepath.Join(etc, "fedmsg-config.py"), false})
	if l.opts.Home != "" {
		files = append(files, pyFile{filepath.Join(l.opts.Home, ".fedmsg-config.py"), false})
	}
	return append(files, pyFile{filepath.Join(l.opts.WorkDir, "fedmsg-config.py"), true})
}

// folder lists the *.py of a folder by name. A folder that is not there is
// empty.
func (l *loader) folder(path string, local bool) []pyFile {
	entries, err := os.ReadDir(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			l.warn(Skipped, path, 0, "cannot be read: %s", reason(err))
		}
		return nil
	}
	var files []pyFile
	for _, entry := range entries {
		// The shell's *.py, which fedmsg globs for, leaves out hidden files.
		if name := entry.Name(); strings.HasSuffix(name, ".py") && !strings.HasPrefix(name, ".") {
			files = append(files, pyFile{filepath.Join(path, name), local})
		}
	}
	slices.SortFunc(files, func(a, b pyFile) int { return cmp.Compare(a.path, b.path) })
	if len(files) > maxFolderFiles {
		l.warn(Skipped, path, 0, "has %d files; only the first %d are read", len(files), maxFolderFiles)
		files = files[:maxFolderFiles]
	}
	return files
}

// evaluate merges what one file says.
func (l *loader) evaluate(ctx context.Context, file pyFile, content []byte, budget *pyfile.Budget) {
	denied := map[string]bool{}
	around := pyfile.Surroundings{WorkDir: l.opts.WorkDir, Home: l.opts.Home, Hostname: l.opts.Hostname}
	around.Env = func(name string) (string, bool) {
		if file.local && !harmlessVariable(name) {
			denied[name] = true
			return "", false
		}
		// Getenv does not tell an empty variable from one that is not set, and
		// settings hardly ever need to.
		value := l.opts.Getenv(name)
		return value, value != ""
	}
	result := pyfile.Eval(ctx, content, around, budget)
	for _, problem := range result.Problems {
		l.warn(Skipped, file.path, problem.Line, "%s", problem.Text)
	}
	for _, name := range slices.Sorted(maps.Keys(denied)) {
		l.warn(Ignored, file.path, 0, "environment variable %q is not given to files of the current directory", name)
	}
	if result.Config == nil {
		l.warn(Skipped, file.path, 0, "sets no dictionary named config")
		return
	}
	layer := l.layer(result.Config, Place{Kind: FromFile, Name: file.path, local: file.local})
	if own := layer.child(ownTable); own != nil {
		l.warn(Ignored, file.path, own.place.Line, "%s can only be set in config.toml", ownTable)
		delete(layer.children, ownTable)
	}
	l.settings.tree.merge(layer)
}

// harmlessVariable names the environment variables that a file of the current
// directory may see. It might otherwise put a token into a host name, and have
// us look that name up.
func harmlessVariable(name string) bool {
	switch name {
	case "HOME", "USER", "LOGNAME", "HOSTNAME", "PWD", "LANG", "TMPDIR", "VIRTUAL_ENV":
		return true
	}
	return strings.HasPrefix(name, "XDG_") || strings.HasPrefix(name, "FEDMSG_") && !namesSecret(name)
}

// layer turns a file's table into a tree whose leaves know their lines.
func (l *loader) layer(table pyfile.Table, place Place) *node {
	n := newTable(place)
	for key, entry := range table {
		at := place
		at.Line = entry.Line
		if inner, ok := entry.Value.(pyfile.Table); ok {
			n.children[key] = l.layer(inner, at)
			continue
		}
		n.set(key, entry.Value, at)
	}
	return n
}
