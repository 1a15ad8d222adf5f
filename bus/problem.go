package bus

import (
	"fmt"
	"unicode/utf8"
)

// ProblemCode says in which way a message is malformed.
type ProblemCode uint8

// The ways in which a message can be malformed.
const (
	ProblemNone      ProblemCode = iota
	ProblemFrames                // not exactly two frames
	ProblemTopicUTF8             // the topic frame is not UTF-8
	ProblemUTF8                  // the envelope is not UTF-8
	ProblemEmpty                 // the envelope has no bytes
	ProblemJSON                  // the envelope is not JSON
	ProblemNotObject             // the envelope is JSON, but not an object
	ProblemDepth                 // nested deeper than MaxDepth
	ProblemNumber                // a number longer than MaxDigits
	ProblemSize                  // larger than the reader accepts
)

// Bounds of what is read. They are far above anything seen on a bus and keep a
// hostile message from costing more than its own bytes.
const (
	MaxDepth  = 512  // levels of objects and arrays
	MaxDigits = 4300 // characters of one number, as CPython's own limit
)

var problemWords = [...]string{
	ProblemNone: "", ProblemFrames: "frames", ProblemTopicUTF8: "topic-utf8", ProblemUTF8: "utf8",
	ProblemEmpty: "empty", ProblemJSON: "json", ProblemNotObject: "not-object", ProblemDepth: "depth",
	ProblemNumber: "number", ProblemSize: "size",
}

// String is one word for the code, as used in counters and logs.
func (c ProblemCode) String() string {
	if int(c) < len(problemWords) {
		return problemWords[c]
	}
	return "unknown"
}

// Problem says why a message is malformed, and where.
type Problem struct {
	Code   ProblemCode
	Offset uint32 // byte of the envelope (or topic) where reading stopped
	Count  uint32 // frames for ProblemFrames, bytes for ProblemSize
}

// Reason is a sentence for a person. It never quotes the message, so it needs
// no sanitising.
func (p Problem) Reason() string {
	switch p.Code {
	case ProblemNone:
		return ""
	case ProblemFrames:
		switch p.Count {
		case 0:
			return "no frames where topic and envelope were expected"
		case 1:
			return "1 frame where topic and envelope were expected"
		}
		return fmt.Sprintf("%d frames where topic and envelope were expected", p.Count)
	case ProblemTopicUTF8:
		return fmt.Sprintf("topic is not UTF-8 (byte %d)", p.Offset)
	case ProblemUTF8:
		return fmt.Sprintf("envelope is not UTF-8 (byte %d)", p.Offset)
	case ProblemEmpty:
		return "envelope is empty"
	case ProblemJSON:
		return fmt.Sprintf("envelope is not JSON (byte %d)", p.Offset)
	case ProblemNotObject:
		return "envelope is JSON but not an object"
	case ProblemDepth:
		return fmt.Sprintf("nested deeper than %d levels (byte %d)", MaxDepth, p.Offset)
	case ProblemNumber:
		return fmt.Sprintf("number longer than %d digits (byte %d)", MaxDigits, p.Offset)
	case ProblemSize:
		return fmt.Sprintf("%d bytes, more than this program accepts", p.Count)
	}
	return "malformed"
}

func checkTopicFrame(topic []byte) Problem {
	if utf8.Valid(topic) {
		return Problem{}
	}
	return Problem{Code: ProblemTopicUTF8, Offset: firstInvalid(topic)}
}

// firstInvalid is the offset of the first byte that is not part of valid UTF-8.
func firstInvalid(b []byte) uint32 {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return uint32(i)
		}
		i += n
	}
	return uint32(len(b))
}
