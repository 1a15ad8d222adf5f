package pyfile

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"
)

// errCost ends a file that makes or compares too much.
var errCost = errors.New("too large")

// maxValueDepth bounds the nesting of values, also of those that contain
// themselves.
const maxValueDepth = 100

// meter bounds what is made and looked at beyond the steps of the machine. A
// unit is an element of a list or four bytes of text: not more than some
// twenty bytes of memory and a few nanoseconds.
type meter struct{ left int64 }

// charge takes units, before they are spent.
func (m *meter) charge(units int64) error {
	if m.left -= max(units, 0); m.left < 0 {
		m.left = -1
		return errCost
	}
	return nil
}

func textUnits(bytes int) int64 { return 1 + int64(bytes)/4 }

// shallow is what it costs to copy a value, without what its elements contain.
func shallow(v starlark.Value) int64 {
	switch v := v.(type) {
	case starlark.String:
		return textUnits(len(v))
	case starlark.Bytes:
		return textUnits(len(v))
	case starlark.Int:
		return 1 + int64(v.BigInt().BitLen())/32
	}
	if n := starlark.Len(v); n > 0 {
		return 1 + int64(n)
	}
	return 1
}

// chargeDeep takes what it costs to look at all of a value. Values may share
// parts, so that a short text can make one that is seen without end.
func (m *meter) chargeDeep(v starlark.Value) error { return m.deep(v, 0) }

func (m *meter) deep(v starlark.Value, depth int) error {
	if depth > maxValueDepth {
		return fmt.Errorf("value is nested deeper than %d levels", maxValueDepth)
	}
	if err := m.charge(shallow(v)); err != nil {
		return err
	}
	switch v := v.(type) {
	case starlark.Tuple:
		for _, x := range v {
			if err := m.deep(x, depth+1); err != nil {
				return err
			}
		}
	case *starlark.List:
		for i := range v.Len() {
			if err := m.deep(v.Index(i), depth+1); err != nil {
				return err
			}
		}
	case *starlark.Dict:
		for key, value := range v.Entries() {
			if err := m.deep(key, depth+1); err != nil {
				return err
			}
			if err := m.deep(value, depth+1); err != nil {
				return err
			}
		}
	case *starlark.Set:
		for x := range v.Elements() {
			if err := m.deep(x, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
