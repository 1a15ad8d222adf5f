package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

var sizeUnits = map[string]float64{
	"": 1, "b": 1,
	"k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10,
	"m": 1 << 20, "mb": 1 << 20, "mib": 1 << 20,
	"g": 1 << 30, "gb": 1 << 30, "gib": 1 << 30,
	"t": 1 << 40, "tb": 1 << 40, "tib": 1 << 40,
}

// ParseSize reads a number of bytes such as 256M, 1.5G, 64KiB or 1048576.
// Units are powers of 1024, written in either case. The result is positive.
func ParseSize(text string) (int64, error) {
	trimmed := strings.TrimSpace(text)
	cut := strings.IndexFunc(trimmed, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if cut < 0 {
		cut = len(trimmed)
	}
	unit, known := sizeUnits[strings.ToLower(strings.TrimSpace(trimmed[cut:]))]
	number, err := strconv.ParseFloat(trimmed[:cut], 64)
	if err != nil || !known {
		return 0, fmt.Errorf("%q is not a size; write bytes such as 1048576, or 256M or 1.5G", text)
	}
	bytes := number * unit
	switch {
	case bytes < 1:
		return 0, fmt.Errorf("size %q is not above zero", text)
	case bytes >= math.MaxInt64:
		return 0, fmt.Errorf("size %q is too large", text)
	}
	return int64(bytes), nil
}

var rateUnits = map[string]float64{"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}

// ParseRate reads a rate such as 40, 40/s, 0.5/s or 90/m and returns it per
// second. The result is positive and finite.
func ParseRate(text string) (perSecond float64, err error) {
	number, unit, slash := strings.Cut(strings.TrimSpace(text), "/")
	seconds, known := rateUnits[strings.ToLower(strings.TrimSpace(unit))]
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !known || slash && unit == "" || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, fmt.Errorf("%q is not a rate; write messages per second such as 40 or 40/s", text)
	}
	if perSecond = value / seconds; perSecond <= 0 {
		return 0, fmt.Errorf("rate %q is not above zero", text)
	}
	return perSecond, nil
}
