package config

import "fmt"

// PlaceKind says what sort of place a value came from.
type PlaceKind uint8

// The kinds of places.
const (
	FromDefault PlaceKind = iota
	FromFile
	FromFlag
	FromEnvironment
	FromDNS
)

// Place says where a value came from.
type Place struct {
	Kind PlaceKind
	Name string // path, flag, variable or DNS name
	Line int    // of a file; 0 when not known

	// local marks a file that was found in the current directory, as against
	// one that the user named or owns.
	local bool
}

// String is the place as the user knows it: "FILE:LINE", "flag --endpoint",
// "environment variable X", "DNS SRV NAME" or "built-in default".
func (p Place) String() string {
	switch p.Kind {
	case FromFile:
		if p.Line > 0 {
			return fmt.Sprintf("%s:%d", p.Name, p.Line)
		}
		return p.Name
	case FromFlag:
		return "flag " + p.Name
	case FromEnvironment:
		return "environment variable " + p.Name
	case FromDNS:
		return "DNS SRV " + p.Name
	}
	return "built-in default"
}
