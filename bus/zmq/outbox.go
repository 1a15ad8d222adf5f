package zmq

import (
	"context"
	"sync"

	"github.com/go-zeromq/zmq4"
)

// Bounds of what a writer takes at once. What it has taken no longer counts
// as queued, so they are small against the queue's own bounds.
const (
	takeMessages = 128
	takeBytes    = 256 << 10
)

// command is a PING or a PONG to be written.
type command struct {
	ping    bool
	context []byte // of a PONG
}

// maxCommands bounds the commands that wait for a writer. A peer that asks
// faster than it takes answers gets fewer of them.
const maxCommands = 8

// outbox is what waits to be written to one subscriber. Any number of senders
// put, one writer takes.
type outbox struct {
	maxMessages int // 0: only maxBytes counts
	maxBytes    int64

	mu       sync.Mutex
	messages []zmq4.Msg // from head on; what is before has been taken
	head     int
	bytes    int64
	commands []command
	finished bool          // no more will be put; the writer ends when empty
	dead     bool          // the subscriber is gone; everything is refused
	idle     bool          // the writer waits on wake
	wake     chan struct{} // one slot
	room     chan struct{} // closed when a sender that waits should look again
	dropped  uint64
}

func newOutbox(maxMessages int, maxBytes int64) *outbox {
	return &outbox{maxMessages: maxMessages, maxBytes: maxBytes, wake: make(chan struct{}, 1)}
}

func sizeBytes(m zmq4.Msg) int64 {
	size := int64(0)
	for _, frame := range m.Frames {
		size += int64(len(frame))
	}
	return size
}

// full is told with mu held. An empty queue takes any message: otherwise one
// larger than maxBytes could never be sent.
func (o *outbox) full(size int64) bool {
	waiting := len(o.messages) - o.head
	if waiting == 0 {
		return false
	}
	return o.maxMessages > 0 && waiting >= o.maxMessages || o.bytes+size > o.maxBytes
}

// put queues m, or counts it as dropped and returns false.
func (o *outbox) put(m zmq4.Msg, size int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished || o.dead {
		return false
	}
	if o.full(size) {
		o.dropped++
		return false
	}
	o.push(m, size)
	return true
}

// putWaiting queues m as soon as there is room. It returns false when the
// subscriber is gone or ctx ends first; then m counts as dropped.
func (o *outbox) putWaiting(ctx context.Context, m zmq4.Msg, size int64) bool {
	for {
		o.mu.Lock()
		if o.finished || o.dead {
			o.mu.Unlock()
			return false
		}
		if !o.full(size) {
			o.push(m, size)
			o.mu.Unlock()
			return true
		}
		if o.room == nil {
			o.room = make(chan struct{})
		}
		room := o.room
		o.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			o.mu.Lock()
			o.dropped++
			o.mu.Unlock()
			return false
		}
	}
}

func (o *outbox) push(m zmq4.Msg, size int64) {
	if o.head > 0 && len(o.messages) == cap(o.messages) {
		// Move down rather than grow, when that frees at least half.
		if o.head >= len(o.messages)/2 {
			n := copy(o.messages, o.messages[o.head:])
			clear(o.messages[n:])
			o.messages, o.head = o.messages[:n], 0
		}
	}
	o.messages = append(o.messages, m)
	o.bytes += size
	o.signal()
}

// putCommand queues a command if few are waiting.
func (o *outbox) putCommand(c command) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || len(o.commands) >= maxCommands {
		return
	}
	o.commands = append(o.commands, c)
	o.signal()
}

func (o *outbox) signal() {
	if o.idle {
		o.idle = false
		o.wake <- struct{}{} // one slot, and only filled when the writer waits: never blocks
	}
}

func (o *outbox) makeRoom() {
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
}

// take moves what is next to be written into messages, which is overwritten,
// and returns it, together with the commands. It waits while there is nothing.
// more is false when nothing will come any more.
func (o *outbox) take(messages []zmq4.Msg) (taken []zmq4.Msg, commands []command, more bool) {
	taken = messages[:0]
	o.mu.Lock()
	for o.head == len(o.messages) && len(o.commands) == 0 && !o.finished && !o.dead {
		o.idle = true
		o.mu.Unlock()
		<-o.wake
		o.mu.Lock()
	}
	defer o.mu.Unlock()
	if o.dead {
		return taken, nil, false
	}
	size := int64(0)
	for o.head < len(o.messages) && len(taken) < takeMessages && size < takeBytes {
		m := o.messages[o.head]
		o.messages[o.head] = zmq4.Msg{}
		o.head++
		taken = append(taken, m)
		size += sizeBytes(m)
	}
	o.bytes -= size
	if o.head == len(o.messages) {
		o.messages, o.head = o.messages[:0], 0
	}
	if len(taken) > 0 {
		o.makeRoom()
	}
	commands, o.commands = o.commands, nil
	return taken, commands, !o.finished || o.head < len(o.messages)
}

// finish makes the writer end when it has written everything.
func (o *outbox) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finished = true
	o.makeRoom()
	o.signal()
}

// abandon gives up what is queued, and counts it and unwritten, messages that
// the writer took in vain, as dropped. The total of dropped is final then.
func (o *outbox) abandon(unwritten int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dead = true
	o.dropped += uint64(len(o.messages) - o.head + unwritten)
	o.messages, o.head, o.bytes, o.commands = nil, 0, 0, nil
	o.makeRoom()
	o.signal()
}

// counts are the messages that wait and those that were dropped.
func (o *outbox) counts() (queued int, dropped uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.messages) - o.head, o.dropped
}
