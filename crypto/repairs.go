package crypto

import (
	"bytes"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// What happens to messages on their way, and how to undo it. fedmsg signs an
// envelope and then adds to it (seq_id, fedmsg/core.py, publish; headers,
// fedmsg/consumers/__init__.py); archives return the row of a table, not the
// message (fedmsg/crypto/utils.py, fix_datagrepper_message, and what newer
// versions of datagrepper add). A signature that fits only after such a change
// is undone says as much about the rest as any other.

// form is a form of the envelope that its signature may have been made over:
// the members as received, without some, and with the time as an integer.
type form struct {
	without []string
	// intTime, when it is not empty, stands for the value of timestamp.
	intTime []byte
	repairs []string // what was undone, in words
}

// alwaysWithout are never part of what is signed (fedmsg/crypto/utils.py,
// strip_credentials).
var alwaysWithout = []string{"signature", "certificate"}

func (f *form) drops(name []byte) bool {
	for _, w := range alwaysWithout {
		if string(name) == w {
			return true
		}
	}
	for _, w := range f.without {
		if string(name) == w {
			return true
		}
	}
	return false
}

// forms are those that a message may have been signed in, other than the one
// it was received in. There are at most 15, and none for most messages that
// nobody touched, so a forgery costs little.
func forms(o *object, archived bool) []form {
	var bases []form
	if archived {
		bases = archiveForms(o)
	}
	bases = append([]form{{}}, bases...)
	var all []form
	for i, base := range bases {
		if i > 0 { // the first one is the message as received
			all = append(all, base)
		}
		has := func(name string) bool {
			return o.find(name) != nil && !slices.Contains(base.without, name)
		}
		seq, headers := has("seq_id"), has("headers")
		if seq {
			all = append(all, base.minus("seq_id", addedByStore))
		}
		if headers {
			all = append(all, base.minus("headers", addedByConsumer))
		}
		if seq && headers {
			all = append(all, base.minus("seq_id", addedByStore).minus("headers", addedByConsumer))
		}
	}
	return all
}

// repeatedNames is a change that whoever passed a message on can make without
// breaking its signature: JSON readers keep the last of several members with
// one name, people and searches see the first.
const repeatedNames = "names written more than once, of which only the last is signed"

const (
	addedByStore    = "seq_id, added by a store after signing"
	addedByConsumer = "headers, added by a consumer"
)

func (f form) minus(name, repair string) form {
	f.without = append(slices.Clone(f.without), name)
	f.repairs = append(slices.Clone(f.repairs), repair)
	return f
}

// archiveForms undo what archives do, from the least to the most.
func archiveForms(o *object) []form {
	var base form
	undo := func(f form, repair string, names ...string) form {
		var there []string
		for _, name := range names {
			if o.find(name) != nil && !slices.Contains(f.without, name) {
				there = append(there, name)
			}
		}
		if len(there) == 0 {
			return f
		}
		f.without = append(slices.Clone(f.without), there...)
		f.repairs = append(slices.Clone(f.repairs), strings.Join(there, ", ")+" "+repair)
		return f
	}
	base = undo(base, "added by the archive", "source_name", "source_version")
	if m := o.find("headers"); m != nil && falsy(m.value) {
		base = undo(base, "without content, added by the archive", "headers")
	}
	if m := o.find("timestamp"); m != nil {
		text, changed, ok := asInteger(m.value)
		if !ok {
			return nil // no integer can be made of it: fedmsg gives up as well
		}
		if changed {
			base.intTime = text
			base.repairs = append(slices.Clone(base.repairs), "timestamp, made a fraction by the archive")
		}
	}
	all := []form{base}
	newer := undo(base, "added by newer archives", "agent_name", "users", "packages", "meta")
	if len(newer.without) > len(base.without) {
		all = append(all, newer)
	}
	if m := o.find("username"); m != nil && isNull(m.value) {
		all = append(all, undo(newer, "of null, added by the archive", "username"))
	}
	return all
}

func isNull(value []byte) bool { return string(value) == "null" }

// falsy reports whether Python takes a value for false.
func falsy(value []byte) bool {
	switch string(value) {
	case "null", "false", `""`, "0", "-0", "0.0", "-0.0":
		return true
	}
	return len(value) > 1 && (value[0] == '{' || value[0] == '[') && len(bytes.TrimSpace(value[1:len(value)-1])) == 0
}

// asInteger is int(value) as Python has it, of a number or of a text with
// digits. It reports whether the text of the value changes by it.
func asInteger(value []byte) (text []byte, changed, ok bool) {
	if len(value) == 0 {
		return nil, false, false
	}
	if value[0] == '"' {
		s, ok := decodeString(value)
		if !ok {
			return nil, false, false
		}
		n, ok := new(big.Int).SetString(strings.TrimPrefix(strings.TrimSpace(s), "+"), 10)
		if !ok || len(s) > 40 {
			return nil, false, false
		}
		return n.Append(nil, 10), true, true
	}
	if value[0] != '-' && (value[0] < '0' || value[0] > '9') {
		return nil, false, false
	}
	if !bytes.ContainsAny(value, ".eE") {
		return value, false, value[len(value)-1] != 'y' // not -Infinity
	}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || f > 1e18 || f < -1e18 {
		return nil, false, false
	}
	return strconv.AppendInt(nil, int64(f), 10), true, true
}

// appendSigned appends the text that was signed if the message was signed in
// this form.
func (f *form) appendSigned(dst []byte, o *object) []byte {
	dst = append(dst, '{')
	first := true
	for i := range o.members {
		m := &o.members[i]
		if f.drops(m.name) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if len(f.intTime) > 0 && string(m.name) == "timestamp" {
			dst = append(dst, `"timestamp":`...)
			dst = append(dst, f.intTime...)
			continue
		}
		dst = o.appendMember(dst, m)
	}
	return append(dst, '}')
}
