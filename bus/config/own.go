package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// ownFile is our config.toml, read.
type ownFile struct {
	path string
	tree *node
}

// ownKey is a key of config.toml.
type ownKey struct {
	// at is the key that it sets in the tree: one of fedmsg's, or, with own
	// set, one of the table of this program's settings.
	at   string
	own  bool
	read func(value any) (any, error)
	path bool // relative to the file's folder
}

// ownKeys are all keys of config.toml. docs/configuration.md describes them.
var ownKeys = map[string]ownKey{
	"endpoints":        {at: "endpoints", read: readEndpoints},
	"srv_endpoints":    {at: "srv_endpoints", read: readTexts},
	"replay_endpoints": {at: "replay_endpoints", read: readAddresses},
	"relay_inbound":    {at: "relay_inbound", read: readTexts},
	"topic_prefix":     {at: "topic_prefix", read: readText},
	"environment":      {at: "environment", read: readText},
	"ca":               {at: "ca_cert_location", read: readText, path: true},
	"crl":              {at: "crl_location", read: readText, path: true},
	"validate":         {at: "validate_signatures", read: readSwitch},
	"datagrepper_url":  {at: "datagrepper_url", read: readText},

	"amqp":          {at: "amqp", own: true, read: readText},
	"amqp_config":   {at: "amqp_config", own: true, read: readText, path: true},
	"fedmsg_config": {at: "fedmsg_config", own: true, read: readText, path: true},
	"topics":        {at: "topics", own: true, read: readTexts},
	"filter":        {at: "filter", own: true, read: readText},
	"filters":       {at: "filters", own: true, read: readTable},
	"history":       {at: "history", own: true, read: readDuration},
	"memory":        {at: "memory", own: true, read: readSize},
	"record":        {at: "record", own: true, read: readText, path: true},
	"log":           {at: "log", own: true, read: readText, path: true},
	"publish":       {at: "publish", own: true, read: readSwitch},
	"theme":         {at: "theme", own: true, read: readText},
	"plain":         {at: "plain", own: true, read: readSwitch},
	"ascii":         {at: "ascii", own: true, read: readSwitch},
}

// OwnKeys are the names of all keys that config.toml may have, sorted.
func OwnKeys() []string { return slices.Sorted(maps.Keys(ownKeys)) }

// ownFile reads our file: nil when there is none, and none was asked for.
func (l *loader) ownFile() (*ownFile, error) {
	path, named := l.opts.ConfigPath, l.opts.ConfigPath != ""
	if !named {
		folder := l.opts.Getenv("XDG_CONFIG_HOME")
		// The specification wants relative paths to be ignored.
		if !filepath.IsAbs(folder) {
			if l.opts.Home == "" {
				return nil, nil
			}
			folder = filepath.Join(l.opts.Home, ".config")
		}
		path = filepath.Join(folder, "fedmsg-tui", "config.toml")
	}
	path = l.opts.expand(path, l.opts.WorkDir)
	content, err := readFile(path)
	switch {
	case err != nil && !named && errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading settings: %w", err)
	}
	l.settings.Files = append(l.settings.Files, path)
	return l.parseOwn(path, string(content))
}

func (l *loader) parseOwn(path, content string) (*ownFile, error) {
	var tables map[string]toml.Primitive
	meta, err := toml.Decode(content, &tables)
	if err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			return nil, fmt.Errorf("%s:%d: %s", path, parse.Position.Line, parse.Message)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &ownFile{path: path, tree: newTable(Place{Kind: FromFile, Name: path})}
	own := newTable(Place{Kind: FromFile, Name: path})
	var mistakes []Warning // only for their form and order
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		place := Place{Kind: FromFile, Name: path, Line: lineOf(&meta, tables[name])}
		key, known := ownKeys[name]
		if !known {
			mistakes = append(mistakes, Warning{Ignored, path, place.Line, unknownKey(name)})
			continue
		}
		into := f.tree
		if key.own {
			into = own
		}
		n, err := key.node(&meta, tables[name], place)
		if err != nil {
			mistakes = append(mistakes, Warning{Ignored, path, place.Line, fmt.Sprintf("%s: %s", name, err)})
			continue
		}
		if text, ok := n.value.(string); ok && key.path {
			n.value = l.opts.expand(text, filepath.Dir(path))
		}
		into.children[key.at] = n
	}
	if len(own.children) > 0 {
		f.tree.children[ownTable] = own
	}
	slices.SortStableFunc(mistakes, func(a, b Warning) int { return cmp.Compare(a.Line, b.Line) })
	var errs []error
	for _, mistake := range mistakes {
		errs = append(errs, errors.New(mistake.String()))
	}
	return f, errors.Join(errs...)
}

func unknownKey(name string) string {
	text := fmt.Sprintf("unknown key %q", name)
	if near := nearest(name, OwnKeys(), 1); len(near) > 0 {
		text += fmt.Sprintf("; did you mean %q?", near[0])
	}
	return text
}

// node reads the value of a key. The entries of a table keep their own lines.
func (k ownKey) node(meta *toml.MetaData, primitive toml.Primitive, place Place) (*node, error) {
	var raw any
	if err := meta.PrimitiveDecode(primitive, &raw); err != nil {
		return nil, err
	}
	value, err := k.read(raw)
	if err != nil {
		return nil, err
	}
	table, ok := value.(map[string]any)
	if !ok {
		return leaf(value, place), nil
	}
	n := newTable(place)
	var entries map[string]toml.Primitive
	if _, isTable := raw.(map[string]any); isTable {
		if err := meta.PrimitiveDecode(primitive, &entries); err != nil {
			return nil, err
		}
	}
	for name, value := range table {
		at := place
		if entry, ok := entries[name]; ok {
			at.Line = lineOf(meta, entry)
		}
		n.set(name, value, at)
	}
	return n, nil
}

// refusal is decoded into only to be told, in an error, where a value stands:
// the library gives positions in no other way.
type refusal struct{}

var errRefused = errors.New("refused")

func (refusal) UnmarshalTOML(any) error { return errRefused }

// lineOf is the line of a key, 0 when it is not known.
func lineOf(meta *toml.MetaData, primitive toml.Primitive) int {
	var parse toml.ParseError
	if err := meta.PrimitiveDecode(primitive, new(refusal)); errors.As(err, &parse) {
		return parse.Position.Line
	}
	return 0
}

func readText(value any) (any, error) {
	if text, ok := value.(string); ok {
		return text, nil
	}
	return nil, errors.New("must be a string")
}

func readSwitch(value any) (any, error) {
	if on, ok := value.(bool); ok {
		return on, nil
	}
	return nil, errors.New("must be true or false")
}

func readTexts(value any) (any, error) {
	texts, ok := textsOf(value)
	if !ok {
		return nil, errors.New("must be a string or a list of strings")
	}
	return anys(texts), nil
}

func readTable(value any) (any, error) {
	table, ok := value.(map[string]any)
	for _, v := range table {
		if _, text := v.(string); !text {
			ok = false
		}
	}
	if !ok {
		return nil, errors.New("must be a table of names and strings")
	}
	return table, nil
}

func readAddresses(value any) (any, error) {
	table, err := readTable(value)
	if err != nil {
		return nil, err
	}
	for name, address := range table.(map[string]any) {
		if err := checkAddress(address.(string)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return table, nil
}

func readEndpoints(value any) (any, error) {
	named := map[string]any{}
	if list, ok := textsOf(value); ok {
		for _, address := range list {
			named[nameOf(address)] = []any{address}
		}
	} else if table, ok := value.(map[string]any); ok {
		for name, value := range table {
			list, ok := textsOf(value)
			if !ok {
				return nil, fmt.Errorf("%s must be an address or a list of addresses", name)
			}
			named[name] = anys(list)
		}
	} else {
		return nil, errors.New("must be a list of addresses, or a table of names and lists")
	}
	for name, list := range named {
		for _, address := range list.([]any) {
			if err := checkAddress(address.(string)); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return named, nil
}

func readSize(value any) (any, error) {
	if bytes, ok := value.(int64); ok && bytes > 0 {
		return bytes, nil
	}
	text, ok := value.(string)
	if !ok {
		return nil, errors.New(`must be a size such as "256M", or a number of bytes above zero`)
	}
	return ParseSize(text)
}

func readDuration(value any) (any, error) {
	text, ok := value.(string)
	if !ok {
		return nil, errors.New(`must be a duration such as "24h"`)
	}
	if d, err := time.ParseDuration(strings.TrimSpace(text)); err != nil || d < 0 {
		return nil, fmt.Errorf("%q is not a duration; write 90m or 24h", text)
	}
	return text, nil
}

// textsOf is a string, or a list of strings, as a list.
func textsOf(value any) ([]string, bool) {
	switch value := value.(type) {
	case string:
		return []string{value}, true
	case []any:
		texts := make([]string, len(value))
		for i, v := range value {
			text, ok := v.(string)
			if !ok {
				return nil, false
			}
			texts[i] = text
		}
		return texts, true
	}
	return nil, false
}

func anys(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
