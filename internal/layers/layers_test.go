// Package layers has no code: its test holds the import graph against the
// table of who may import whom.
package layers

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// may says which packages of ours the packages of a folder may import. A name
// that ends in /... stands for all packages below it. The longest folder counts.
var may = map[string][]string{
	"bus":         {},
	"crypto":      {"crypto/..."},
	"themes":      {},
	"bus/config":  {"bus", "bus/config/..."},
	"bus/zmq":     {"bus"},
	"bus/amqp":    {"bus"},
	"bus/history": {"bus", "crypto"},
	"bus/judge":   {"bus", "bus/history", "crypto"},
	"render":      {"bus", "crypto"},
	"replay":      {"bus", "crypto"},
	"filters":     {"bus", "bus/history", "crypto"},
	"bus/demo":    {"bus", "bus/zmq", "crypto/...", "replay", "bus/demo/..."},
	"bus/client":  {"bus/...", "crypto/...", "replay"},
	"tui":         {"bus/...", "crypto/...", "filters", "render", "replay", "themes"},
	"internal":    {"..."},
	".":           {"internal/cli"},
}

// pure are the packages that may not touch files, processes or the network.
var pure = []string{"bus", "crypto", "filters", "render"}

var ioPackages = []string{"os", "os/exec", "net", "net/http", "syscall", "io/ioutil"}

const module = "fedmsg-tui"

func TestImportsFollowTheTable(t *testing.T) {
	root := filepath.Join("..", "..")
	packages := 0
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); file != root && (strings.HasPrefix(name, ".") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		packages++
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		folder := path.Dir(filepath.ToSlash(relative))
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if ours, ok := strings.CutPrefix(name, module+"/"); ok {
				if !allowed(folder, ours) {
					t.Errorf("%s imports %s, which %s may not", relative, ours, folder)
				}
				continue
			}
			for _, p := range pure {
				if folder != p {
					continue
				}
				for _, bad := range ioPackages {
					if name == bad {
						t.Errorf("%s imports %s: %s does no I/O", relative, name, folder)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if packages < 20 {
		t.Fatalf("only %d files were looked at", packages)
	}
}

func allowed(folder, imported string) bool {
	if imported == folder {
		return true // an external test package's subject
	}
	for at := folder; ; at = path.Dir(at) {
		list, ok := may[at]
		if !ok {
			if at == "." {
				return false
			}
			continue
		}
		for _, m := range list {
			if below, wild := strings.CutSuffix(m, "..."); wild && strings.HasPrefix(imported+"/", below) || m == imported {
				return true
			}
		}
		return false
	}
}

// The page on the architecture names every folder that holds a package.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() {
			return nil
		}
		if name := entry.Name(); file != root && (strings.HasPrefix(name, ".") || name == "testdata") {
			return filepath.SkipDir
		}
		if sources, _ := filepath.Glob(filepath.Join(file, "*.go")); len(sources) > 0 && file != root {
			relative, err := filepath.Rel(root, file)
			if err != nil {
				return err
			}
			if !strings.Contains(string(page), "`"+filepath.ToSlash(relative)+"`") {
				t.Errorf("docs/architecture.md does not mention `%s`", filepath.ToSlash(relative))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
