package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"fedmsg-tui/crypto"
)

// How verify reads lines and judges them on all processors.

// verification judges lines on all processors and prints them in their order.
type verification struct {
	verifier *crypto.Verifier
	json     bool
	strict   bool // a record is then judged as any other text
	out      *bufio.Writer

	counts         [crypto.Codes]uint64
	wrong, unknown bool
}

// lines are some lines being judged. Their verdicts are printed when done is
// closed.
type lines struct {
	first   int // the number of the first line
	text    [][]byte
	printed []byte
	codes   []crypto.Code
	done    chan struct{}
}

const (
	// linesTogether is how many lines are judged together, and linesBytes how
	// many bytes of them.
	linesTogether = 128
	linesBytes    = 1 << 20
	// maxLineBytes is the longest line that is judged.
	maxLineBytes = 64 << 20
)

// file judges a file, or standard input for "-".
func (v *verification) file(ctx context.Context, name string, in io.Reader) error {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, reasonOf(err))
		}
		defer f.Close() // only read from
		in = f
	}
	workers := runtime.GOMAXPROCS(0)
	// With room in between, a worker that is done finds the next lines read.
	todo, inOrder := make(chan *lines, 2*workers), make(chan *lines, 4*workers)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	readErr := make(chan error, 1)
	go func() {
		readErr <- readLines(ctx, newInterruptible(ctx, in), func(l *lines) bool {
			select {
			case inOrder <- l:
			case <-ctx.Done():
				return false
			}
			todo <- l // a worker always comes back for more; all of it is judged
			return true
		})
		close(todo)
		close(inOrder)
	}()
	var judges sync.WaitGroup
	defer judges.Wait()
	for range workers {
		judges.Go(func() {
			for l := range todo {
				v.judge(l)
				close(l.done)
			}
		})
	}
	var writeErr error
	for l := range inOrder {
		<-l.done
		if writeErr != nil {
			continue // empty the queue, so that everything that was started ends
		}
		v.count(l)
		if _, writeErr = v.out.Write(l.printed); writeErr == nil && len(inOrder) == 0 {
			writeErr = v.out.Flush() // nothing is waiting: let the reader see it
		}
		if writeErr != nil {
			cancel()
		}
	}
	if err := <-readErr; err != nil {
		return fmt.Errorf("read %s: %w", name, reasonOf(err))
	}
	if writeErr != nil {
		return fmt.Errorf("print a verdict: %w", writeErr)
	}
	return nil
}

func (v *verification) count(l *lines) {
	for _, code := range l.codes {
		v.counts[code]++
		switch code.Class() {
		case crypto.ClassInvalid, crypto.ClassDenied, crypto.ClassNone:
			v.wrong = true
		case crypto.ClassUnknown:
			v.unknown = true
		}
	}
}

// summary is one line about all that was judged.
func (v *verification) summary() string {
	var total uint64
	var parts []string
	for code, n := range v.counts {
		total += n
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", crypto.Code(code), n))
		}
	}
	return strings.Join(append([]string{fmt.Sprintf("judged %d", total)}, parts...), ", ")
}

// judge finds the verdicts of lines, as they are printed.
func (v *verification) judge(l *lines) {
	for i, text := range l.text {
		if len(bytes.TrimSpace(text)) == 0 {
			continue // an empty line holds no message
		}
		var verdict crypto.Verdict
		if len(text) > maxLineBytes {
			verdict = crypto.Verdict{Code: crypto.Malformed, Reason: fmt.Sprintf("the line is longer than %d bytes", maxLineBytes)}
		} else {
			verdict = v.verifier.Judge(crypto.Subject{Envelope: text, Records: !v.strict})
		}
		l.codes = append(l.codes, verdict.Code)
		if v.json {
			l.printed = appendVerdictJSON(l.printed, l.first+i, &verdict)
		} else {
			l.printed = appendVerdictLine(l.printed, l.first+i, &verdict)
		}
	}
}

// readLines hands on the lines of a reader until it ends or give returns false.
// What a line has beyond maxLineBytes is read and forgotten.
func readLines(ctx context.Context, in io.Reader, give func(*lines) bool) error {
	r := bufio.NewReaderSize(in, 256<<10)
	l := &lines{first: 1, done: make(chan struct{})}
	size := 0
	hand := func() bool {
		if len(l.text) == 0 {
			return true
		}
		next := &lines{first: l.first + len(l.text), done: make(chan struct{})}
		ok := give(l)
		l, size = next, 0
		return ok
	}
	for ctx.Err() == nil {
		var line []byte
		var err error
		for {
			var part []byte
			part, err = r.ReadSlice('\n')
			if len(line) <= maxLineBytes {
				line = append(line, part...)
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				break
			}
		}
		if ctx.Err() != nil && err != nil {
			line = nil // cut off in the middle: no verdict is better than a wrong one
		}
		if len(line) > 0 || err == nil {
			line = slices.Clip(line)
			l.text = append(l.text, trimLineEnd(line))
			size += len(line)
		}
		if len(l.text) >= linesTogether || size >= linesBytes || !another(r) || err != nil {
			if !hand() {
				return nil
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// another reports whether a whole line is there already. Where none is, the
// next may take long to come, and what was read must not wait for it.
func another(r *bufio.Reader) bool {
	there, _ := r.Peek(r.Buffered()) // what is buffered can be had
	return bytes.IndexByte(there, '\n') >= 0
}

func trimLineEnd(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}
