package cli

import (
	"context"
	"io"
)

// interruptible reads from a reader whose Read may wait for ever, as that of a
// terminal or of a pipe does, and ends with io.EOF when ctx does: what was read
// until then is not lost, and the user does not have to ask twice.
//
// Where Read still waits then, its goroutine stays behind. Nothing can end it
// but the end of the program, which is what the user has asked for.
type interruptible struct {
	ctx   context.Context
	parts chan part
	back  chan []byte // the buffer goes back and forth: one is enough
	now   part
	at    int
}

type part struct {
	data []byte
	err  error
}

func newInterruptible(ctx context.Context, in io.Reader) *interruptible {
	r := &interruptible{ctx: ctx, parts: make(chan part), back: make(chan []byte, 1)}
	r.back <- make([]byte, 256<<10)
	go func() {
		for {
			select {
			case buffer := <-r.back:
				n, err := in.Read(buffer)
				select {
				case r.parts <- part{buffer[:n], err}:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return r
}

// Read gives what there is, then the reader's error.
func (r *interruptible) Read(p []byte) (int, error) {
	for r.at == len(r.now.data) {
		if r.now.err != nil {
			return 0, r.now.err
		}
		if r.now.data != nil {
			r.back <- r.now.data[:cap(r.now.data)]
			r.now, r.at = part{}, 0
		}
		select {
		case r.now = <-r.parts:
		case <-r.ctx.Done():
			return 0, io.EOF
		}
	}
	n := copy(p, r.now.data[r.at:])
	r.at += n
	return n, nil
}
