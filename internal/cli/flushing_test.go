package cli

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lockedBuffer is written by the timer and read by the test.
type lockedBuffer struct {
	mu  sync.Mutex
	b   bytes.Buffer
	err error
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return 0, l.err
	}
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func write(t *testing.T, f *flushing, text string) {
	t.Helper()
	if err := f.end(append(f.begin(), text...)); err != nil {
		t.Fatal(err)
	}
}

func TestLoneLineIsSeenSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		f := newFlushing(&out)
		for _, line := range []string{"one\n", "two\n"} {
			write(t, f, line)
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		if out.String() != "one\ntwo\n" {
			t.Errorf("after 100 ms: %q", out.String())
		}
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
}

func TestFloodIsWrittenInLargePieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		f := newFlushing(&out)
		line := string(make([]byte, 1000))
		n := 0
		for out.String() == "" {
			write(t, f, line)
			n++
		}
		if n*1000 < flushBytes {
			t.Errorf("written after %d bytes", n*1000)
		}
		write(t, f, "rest")
		if err := f.close(); err != nil {
			t.Error(err)
		}
		if got := out.String(); len(got) != n*1000+4 {
			t.Errorf("%d bytes instead of %d", len(got), n*1000+4)
		}
	})
}

func TestErrorOfTheTimerIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken pipe")
		f := newFlushing(&lockedBuffer{err: broken})
		write(t, f, "x")
		time.Sleep(time.Second)
		synctest.Wait()
		if err := f.end(f.begin()); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	})
}
