package themes

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Colour is a colour of a theme: the terminal's default, one of the terminal's
// own 16, or 24 bits of sRGB. Its zero value is the default.
type Colour struct {
	kind    colourKind
	R, G, B uint8 // for an RGB colour
	index   uint8 // for one of the 16
}

type colourKind uint8

const (
	colourDefault colourKind = iota
	colourIndexed
	colourRGB
)

// RGB is a 24-bit colour.
func RGB(r, g, b uint8) Colour { return Colour{kind: colourRGB, R: r, G: g, B: b} }

// Indexed is one of the terminal's own 16 colours, 0 to 15.
func Indexed(index uint8) Colour { return Colour{kind: colourIndexed, index: index & 15} }

// IsDefault reports whether the colour is whatever the terminal has.
func (c Colour) IsDefault() bool { return c.kind == colourDefault }

// IsRGB reports whether the colour is known; only then has it a contrast.
func (c Colour) IsRGB() bool { return c.kind == colourRGB }

// String is the colour as theme files write it.
func (c Colour) String() string {
	switch c.kind {
	case colourRGB:
		return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	case colourIndexed:
		return indexedNames[c.index]
	}
	return "default"
}

var indexedNames = [16]string{
	"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
	"bright-black", "bright-red", "bright-green", "bright-yellow",
	"bright-blue", "bright-magenta", "bright-cyan", "bright-white",
}

// parseColour reads #rgb, #rrggbb, default, or the name of one of the 16.
func parseColour(word string) (Colour, error) {
	if word == "default" {
		return Colour{}, nil
	}
	for i, name := range indexedNames {
		if word == name {
			return Indexed(uint8(i)), nil
		}
	}
	digits, isHex := strings.CutPrefix(word, "#")
	if isHex && len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	if isHex && len(digits) == 6 {
		if n, err := strconv.ParseUint(digits, 16, 32); err == nil {
			return RGB(uint8(n>>16), uint8(n>>8), uint8(n)), nil
		}
	}
	return Colour{}, fmt.Errorf("colour %q is not #rrggbb, default, nor one of the terminal's 16 such as bright-blue", word)
}

// Luminance is the relative luminance of WCAG 2.2: 0 for black, 1 for white.
// It has a meaning for RGB colours only.
func (c Colour) Luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// Contrast is the contrast ratio of WCAG 2.2 between two RGB colours: 1 to 21.
func Contrast(a, b Colour) float64 {
	la, lb := a.Luminance(), b.Luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// mix is c on the way to other: 0 is c, 1 is other.
func (c Colour) mix(other Colour, share float64) Colour {
	step := func(a, b uint8) uint8 {
		return uint8(math.Round(float64(a) + (float64(b)-float64(a))*share))
	}
	return RGB(step(c.R, other.R), step(c.G, other.G), step(c.B, other.B))
}

// readable is c, moved towards white or black as little as gives it the wanted
// contrast on bg. Colours that are not known are left alone.
func (c Colour) readable(bg Colour, contrast float64) Colour {
	if !c.IsRGB() || !bg.IsRGB() || Contrast(c, bg) >= contrast {
		return c
	}
	// One of the two always reaches 4.58, the contrast of black and white with
	// the grey between them.
	target := RGB(255, 255, 255)
	if black := RGB(0, 0, 0); Contrast(black, bg) > Contrast(target, bg) {
		target = black
	}
	const steps = 64
	for i := 1; i <= steps; i++ {
		if moved := c.mix(target, float64(i)/steps); Contrast(moved, bg) >= contrast {
			return moved
		}
	}
	return target
}
