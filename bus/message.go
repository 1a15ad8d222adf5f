package bus

import (
	"bytes"
	"time"
)

// Origin says by which way a message reached us.
type Origin uint8

// The origins, in the order in which they are trusted to be current.
const (
	Live     Origin = iota // from a bus, as it was published
	Replayed               // from a publisher's replay endpoint, to fill a gap
	Archive                // from datagrepper or another archive
	File                   // from a recording
	Own                    // sent by this program
)

var originNames = [...]string{"live", "replayed", "archive", "file", "own"}

// String is the word that filters, recordings and screens use.
func (o Origin) String() string {
	if int(o) < len(originNames) {
		return originNames[o]
	}
	return "unknown"
}

// SourceID numbers the sources of a session, from 1; 0 is "no source".
type SourceID uint16

// Message is one message as received. It owns its bytes: whoever makes one
// hands over Frames and does not touch them again.
type Message struct {
	// Frames are the parts as received. A well-formed message of a ZeroMQ bus
	// has exactly two, topic and envelope (fedmsg/core.py, publish); whatever
	// else came is kept too and described by Problem.
	Frames [][]byte
	// Head is filled by Scan; its spans point into the envelope.
	Head Head
	// Problem says why the message is malformed; its zero value says it is not.
	Problem Problem
	// ReceivedUnixNano is our clock when the message was read, in nanoseconds
	// since 1970. Messages read in one batch share it.
	ReceivedUnixNano int64
	Source           SourceID
	Origin           Origin
}

// Topic is the topic the transport delivered (frame 0), or nothing when there
// was no frame. It may differ from the envelope's own topic: see
// [Head.TopicDiffers].
func (m *Message) Topic() []byte {
	if len(m.Frames) == 0 {
		return nil
	}
	return m.Frames[0]
}

// Envelope is the JSON text of the message (frame 1), or nothing when the
// message had no second frame.
func (m *Message) Envelope() []byte {
	if len(m.Frames) < 2 {
		return nil
	}
	return m.Frames[1]
}

// Received is the time of receipt on our clock.
func (m *Message) Received() time.Time { return time.Unix(0, m.ReceivedUnixNano) }

// MsgID is the decoded msg_id, or "" when there is none.
func (m *Message) MsgID() string { return m.Head.MsgID.Text(m.Envelope()) }

// Username is the decoded username: the Unix user of the publishing process,
// not the person who acted.
func (m *Message) Username() string { return m.Head.Username.Text(m.Envelope()) }

// EnvelopeTopic is the decoded topic field of the envelope, the one that a
// signature covers.
func (m *Message) EnvelopeTopic() string { return m.Head.Topic.Text(m.Envelope()) }

// Malformed reports whether the message could not be read as an envelope.
func (m *Message) Malformed() bool { return m.Problem.Code != ProblemNone }

// Scan reads the head fields and decides whether the message is well formed.
// It never fails: what is wrong becomes m.Problem. One pass, no allocation for
// a well-formed message. Calling it twice is harmless.
func (m *Message) Scan() {
	m.Head = Head{}
	m.Problem = Problem{}
	if len(m.Frames) != 2 {
		m.Problem = Problem{Code: ProblemFrames, Count: uint32(len(m.Frames))}
		return
	}
	m.Head, m.Problem = ScanEnvelope(m.Frames[1])
	if m.Problem.Code != ProblemNone {
		return
	}
	if p := checkTopicFrame(m.Frames[0]); p.Code != ProblemNone {
		m.Problem = p
		return
	}
	if m.Head.Has(FieldTopic) && !m.sameTopic() {
		m.Head.Fields |= TopicDiffers
	}
}

func (m *Message) sameTopic() bool {
	span := m.Head.Topic
	if !span.Escaped {
		return bytes.Equal(m.Frames[0], m.Frames[1][span.Start:span.End])
	}
	return string(m.Frames[0]) == span.Text(m.Frames[1])
}
