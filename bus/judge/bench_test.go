package judge

import (
	"context"
	"testing"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
)

// BenchmarkJudge is the cost of the verdict of one row, beside that of keeping
// it: what a bus without signatures costs, and a new list over rows that it does
// not touch.
func BenchmarkJudge(b *testing.B) {
	t := theBench()
	const rows = 4 * together
	for name, signer := range map[string]*crypto.X509Signer{"unsigned": nil, "signed": t.a} {
		messages := make([]bus.Message, rows)
		for i := range messages {
			messages[i] = t.message(i, signer, 1)
		}
		b.Run("append/"+name, func(b *testing.B) {
			h := history.New(history.Options{})
			defer h.Close()
			for b.Loop() {
				h.Append(messages)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
		})
		b.Run("judge/"+name, func(b *testing.B) {
			h := history.New(history.Options{})
			defer h.Close()
			h.Append(messages)
			s := h.Snapshot()
			defer s.Close()
			v := crypto.NewVerifier(crypto.Options{Trust: t.trust(false)})
			for b.Loop() {
				j := New(h, v, Options{Workers: 1})
				j.each(context.Background(), s, 0, rows, func(history.Row, history.Late) bool { return true })
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
		})
		b.Run("affected/"+name, func(b *testing.B) {
			h := history.New(history.Options{})
			defer h.Close()
			h.Append(messages)
			s := h.Snapshot()
			defer s.Close()
			v := crypto.NewVerifier(crypto.Options{Trust: t.trust(false)})
			before := v.Trusted()
			v.Use(t.trust(false), nil)
			for b.Loop() {
				for row := range history.Row(rows) {
					meta, _ := s.Meta(row)
					if v.Affected(before, subject(s, meta)) {
						b.Fatal("affected")
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
		})
	}
}
