package themes

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/chroma/v2"
)

// MaxFileBytes is the size of the largest theme file that Parse reads.
const MaxFileBytes = 256 << 10

// file is the form of a theme file.
type file struct {
	Name       string            `toml:"name"`
	Dark       *bool             `toml:"dark"`
	Base       string            `toml:"base"`
	Foreground string            `toml:"foreground"`
	Background string            `toml:"background"`
	Colours    map[string]string `toml:"colours"`
	Tokens     map[string]string `toml:"tokens"`
	Syntax     map[string]string `toml:"syntax"`
}

// Parse reads a theme from TOML:
//
//	name = "harbour"
//	dark = true
//	base = "fedmsg-dark"        # optional: gives what is not said here
//	foreground = "#d7dae0"
//	background = "#16181d"      # or "default": leave the terminal's own
//
//	[colours]                   # names for use below
//	sea = "#7fb4ff"
//
//	[tokens]                    # see Token for the names
//	topic = "sea bold"
//	selection = "on #2b3a55"
//	sig-invalid = "#16181d on #ff7a59 bold"
//
//	[syntax]                    # names of chroma's token types
//	NameTag = "sea"
//
// A style is a colour, "on" and a background, and any of bold, faint, italic,
// underline, reverse, strike; each part is optional. Names that do not exist
// are errors. Colours that could not be read are moved until they can.
func Parse(text []byte) (*Theme, error) {
	if len(text) > MaxFileBytes {
		return nil, fmt.Errorf("theme file of %d bytes, more than %d", len(text), MaxFileBytes)
	}
	var f file
	meta, err := toml.Decode(string(text), &f)
	if err != nil {
		return nil, fmt.Errorf("reading a theme file: %w", err)
	}
	if unused := meta.Undecoded(); len(unused) > 0 {
		return nil, fmt.Errorf("theme file: %q is not a setting of themes", unused[0].String())
	}
	if f.Name == "" {
		return nil, errors.New("theme file: name is missing")
	}
	t, named, err := f.start()
	if err != nil {
		return nil, fmt.Errorf("theme %q: %w", f.Name, err)
	}
	if err := f.fill(t, named); err != nil {
		return nil, fmt.Errorf("theme %q: %w", f.Name, err)
	}
	return t.finish(*named), nil
}

// start is the theme that the file is based on, or an empty one.
func (f *file) start() (*Theme, *[tokenCount]bool, error) {
	t := &Theme{name: f.Name, dark: true, syntax: map[chroma.TokenType]Style{}}
	named := new([tokenCount]bool)
	if f.Dark != nil {
		t.dark = *f.Dark
	}
	if f.Base == "" {
		return t, named, nil
	}
	base, err := Get(f.Base, t.dark)
	if err != nil {
		return nil, nil, fmt.Errorf("base: %w", err)
	}
	if f.Dark == nil {
		t.dark = base.dark
	}
	t.window, t.tokens = base.window, base.tokens
	maps.Copy(t.syntax, base.syntax)
	for i := range named {
		named[i] = true
	}
	return t, named, nil
}

// fill puts in what the file itself says. Names are taken in order, so that of
// several mistakes always the same one is reported.
func (f *file) fill(t *Theme, named *[tokenCount]bool) error {
	for _, side := range []struct {
		key, text string
		colour    *Colour
	}{{"foreground", f.Foreground, &t.window.Fg}, {"background", f.Background, &t.window.Bg}} {
		if side.text == "" {
			continue
		}
		colour, err := parseColour(side.text)
		if err != nil {
			return fmt.Errorf("%s: %w", side.key, err)
		}
		*side.colour = colour
	}
	colours := map[string]Colour{}
	for _, name := range slices.Sorted(maps.Keys(f.Colours)) {
		colour, err := parseColour(f.Colours[name])
		if err != nil {
			return fmt.Errorf("colours.%s: %w", name, err)
		}
		colours[name] = colour
	}
	for _, name := range slices.Sorted(maps.Keys(f.Tokens)) {
		token, ok := TokenNamed(name)
		if !ok {
			return fmt.Errorf("tokens: no token %q%s", name, meant(name, tokenNames[:]))
		}
		style, err := parseStyle(f.Tokens[name], colours)
		if err != nil {
			return fmt.Errorf("tokens.%s: %w", name, err)
		}
		t.tokens[token], named[token] = style, true
	}
	for _, name := range slices.Sorted(maps.Keys(f.Syntax)) {
		token, err := chroma.TokenTypeString(name)
		if err != nil {
			return fmt.Errorf("syntax: no token type %q%s", name, meant(name, chroma.TokenTypeStrings()))
		}
		style, err := parseStyle(f.Syntax[name], colours)
		if err != nil {
			return fmt.Errorf("syntax.%s: %w", name, err)
		}
		t.syntax[token] = style
	}
	return nil
}
