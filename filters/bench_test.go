package filters

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
)

var benchmarked struct {
	small *history.History // a million messages with nothing in them
	large *history.History // 256 MiB of messages of about 1.2 KB
}

func topicOf(i int) string {
	return fmt.Sprintf("org.fedoraproject.prod.%s.thing%02d.change", []string{"git", "bodhi", "buildsys", "copr"}[i%4], i%56)
}

func smallHistory() *history.History {
	if benchmarked.small == nil {
		benchmarked.small = history.New(history.Options{BudgetBytes: 4 << 30})
		batch := make([]bus.Message, 1000)
		for k := range 1000 {
			for i := range batch {
				batch[i] = message(topicOf((i+k)*7919), `{"msg":{}}`)
			}
			benchmarked.small.Append(batch)
		}
		// Nearly all are signed well, by a few hundred hosts.
		judged := make([]history.Judged, 1_000_000)
		for i := range judged {
			judged[i] = history.Judged{Row: history.Row(i), Code: crypto.OK,
				Signer: benchmarked.small.SignerID(fmt.Sprintf("%s-%02d.example.org", []string{"koji", "bodhi", "git"}[i%3], i*7919%100))}
			if i*7919%1000 == 0 {
				judged[i].Code = crypto.Bad
			}
		}
		benchmarked.small.SetVerdicts(judged)
	}
	return benchmarked.small
}

func largeHistory() *history.History {
	if benchmarked.large == nil {
		random := rand.New(rand.NewPCG(1, 1))
		words := bytes.Fields([]byte(`kernel systemd python3-requests build state task owner ralph toshio COMPLETE rpms f41 update
			comment karma release noarch x86_64 aarch64 s390x commit branch agent "9f31c0d2" https://src.example.org summary 2026-11-23`))
		benchmarked.large = history.New(history.Options{BudgetBytes: 2 << 30})
		var batch []bus.Message
		for size := 0; size < 256<<20; {
			var body bytes.Buffer
			for body.Len() < 1000 {
				fmt.Fprintf(&body, `%s,%d `, bytes.Trim(words[random.IntN(len(words))], `"`), random.IntN(1000))
			}
			m := message(topicOf(random.IntN(1000)), fmt.Sprintf(`{"i":1,"msg":{"text":"%s"},"msg_id":"2026-7f3e51c0-8a0e-4e21-9f7b-%012x","topic":"x","timestamp":1795437003,"username":"apache"}`, body.Bytes(), size))
			size += len(m.Frames[0]) + len(m.Frames[1])
			if batch = append(batch, m); len(batch) == 1000 {
				benchmarked.large.Append(batch)
				batch = batch[:0]
			}
		}
		benchmarked.large.Append(batch)
	}
	return benchmarked.large
}

// benchmarkQuery takes the time from a key to the last row.
func benchmarkQuery(b *testing.B, h *history.History, text string, options QueryOptions) {
	f := must(b, text)
	var r *Result
	for b.Loop() {
		q := Start(context.Background(), h, f, options)
		for r = q.Result(); !r.Done; r = q.Result() {
			time.Sleep(50 * time.Microsecond) // do not take a processor from it
		}
		q.Stop()
	}
	b.ReportMetric(float64(r.Len()), "rows")
}

func BenchmarkTopicsOfAMillion(b *testing.B) {
	for _, text := range []string{"", "topic:bodhi*", "mod:git -topic:*.thing0* env:prod", "is:live", "-is:malformed topic:copr* | mod:git"} {
		b.Run(text, func(b *testing.B) { benchmarkQuery(b, smallHistory(), text, QueryOptions{}) })
	}
}

func BenchmarkVerdictsOfAMillion(b *testing.B) {
	for _, text := range []string{"sig:ok", "sig:invalid", "sig:pending", "-sig:ok topic:bodhi*", "cn:koji-*", "cn:*.example.com", "is:changed"} {
		b.Run(text, func(b *testing.B) { benchmarkQuery(b, smallHistory(), text, QueryOptions{}) })
	}
}

// BenchmarkWhileJudged is what a query does about 250 verdicts among a million
// messages.
func BenchmarkWhileJudged(b *testing.B) {
	for _, text := range []string{"sig:invalid", "topic:bodhi*"} {
		b.Run(text, func(b *testing.B) {
			h := smallHistory()
			q := Start(context.Background(), h, must(b, text), QueryOptions{})
			q.Stop() // from now on it takes steps when it is told to
			judged := make([]history.Judged, 250)
			n := 0
			for b.Loop() {
				for i := range judged {
					judged[i] = history.Judged{Row: history.Row((n*250 + i) % 1_000_000), Code: []crypto.Code{crypto.OK, crypto.Bad}[n/4000%2]}
				}
				n++
				h.SetVerdicts(judged)
				for done := false; !done; {
					_, done = q.step(context.Background())
				}
			}
		})
	}
}

func BenchmarkTextOf256MiB(b *testing.B) {
	for _, text := range []string{"kernel", "Kernel", "python3-requests", "rhbz#2345678", "S390X", `"owner\u{e9}"`, "e"} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d", text, workers), func(b *testing.B) {
				h := largeHistory()
				b.SetBytes(256 << 20)
				benchmarkQuery(b, h, text, QueryOptions{Workers: workers})
			})
		}
	}
}

func BenchmarkMatchMessage(b *testing.B) {
	f := must(b, "topic:bodhi* -env:stg kernel")
	m := message("org.fedoraproject.prod.bodhi.update", `{"msg":{"text":"nothing of interest"}}`)
	for b.Loop() {
		f.MatchMessage(&m)
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse(`-topic:heartbeat env:prod (mod:git OR "two words")`); err != nil {
			b.Fatal(err)
		}
	}
}
