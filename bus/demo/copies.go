package demo

import (
	"strings"

	"fedmsg-tui/crypto"
)

// copySpecials are messages that went through somebody's hands: relays,
// bridges, archives. The duplicates were on this bus before.
func copySpecials() []special {
	var all []special
	add := func(kind Kind, from func(*Script) (*process, [][]byte), change func([]field) []field) {
		all = append(all, special{traits{kind: kind, foreign: true}, func(s *Script) (*process, [][]byte) {
			p, frames := from(s)
			return p, s.frames(string(frames[0]), dumped(change(takeApart(frames[1]))))
		}})
	}
	same := func(f []field) []field { return f }

	all = append(all, special{traits{kind: "duplicate: same bytes"}, func(s *Script) (*process, [][]byte) {
		p, frames := s.told()
		return p, s.frames(string(frames[0]), frames[1])
	}})
	add("duplicate: relayed copy", (*Script).told, same)
	// One event has an id with the year on one bus and without it on the other
	// (fedmsg_migration_tools/bridges.py, AmqpToZmq), where it is not signed.
	add("duplicate: id without year", (*Script).told, func(f []field) []field {
		f = without(f, "crypto", "signature", "certificate")
		return with(f, "msg_id", `"`+valueOf(f, "msg_id")[len(`"2026-`):])
	})
	// A relay dumps a message again with Python's own separators, fields in the
	// order in which they were made (fedmsg/consumers/relay.py).
	add("relay: reordered and spaced", (*Script).stray, same)
	add("relay: bridged from AMQP", (*Script).stray, func(f []field) []field {
		return with(without(f, "crypto", "signature", "certificate"), "username", `"amqp-bridge"`)
	})
	// What datagrepper returns is the row of a table, not the message.
	add("archive: fields were altered", (*Script).vouched, archived)
	all[len(all)-1].verdict = crypto.Repaired
	return all
}

// archived is what datagrepper returns for a message: the row of a table, in
// which the time has no fractions.
func archived(f []field) []field {
	second, _, _ := strings.Cut(valueOf(f, "timestamp"), ".")
	f = with(f, "timestamp", second+".0")
	f = with(f, "agent_name", valueOf(f, "username"))
	for _, name := range []string{"certificate", "signature", "crypto"} {
		if valueOf(f, name) == "" {
			f = with(f, name, "null")
		}
	}
	f = with(f, "headers", "{}")
	f = with(f, "source_name", `"datanommer"`)
	f = with(f, "source_version", `"1.4.2"`)
	f = with(f, "users", `["tverne"]`)
	return with(f, "packages", `["mossgrep"]`)
}
