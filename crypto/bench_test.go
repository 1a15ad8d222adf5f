package crypto

import (
	stdcrypto "crypto"
	"crypto/rsa"
	"crypto/sha1"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// distinct are messages of 1.2 KB and more, all different, signed with RSA-2048.
var distinct = sync.OnceValue(func() [][]byte {
	const n = 1500
	p := thePKI()
	_, cert := p.leaf("bench", nil)
	s, err := NewX509Signer(cert, p.keyPEM())
	if err != nil {
		panic(err)
	}
	out := make([][]byte, n)
	text := strings.Repeat("some words of a body, ", 50)
	var work sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				out[i], err = s.Sign(fmt.Appendf(nil, `{"i":%d,"msg":{"text":%q},"msg_id":"2026-%d","timestamp":%d,"topic":"org.fedoraproject.prod.git.receive","username":"apache"}`,
					i, text, i, start.Unix()))
			}
		})
	}
	work.Wait()
	return out
})

// all runs f for each index below n on all processors.
func all(n int, f func(i int)) {
	var work sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	work.Wait()
}

// BenchmarkVerifyDistinct is beside its peers: crypto/rsa alone on the same
// number of processors.
func BenchmarkVerifyDistinct(b *testing.B) {
	messages := distinct()
	trust := thePKI().trust(Material{})
	b.Run("verifier", func(b *testing.B) {
		for b.Loop() {
			v := NewVerifier(Options{Trust: trust, Now: at(start)})
			all(len(messages), func(i int) {
				if code, _ := v.Code(Subject{Envelope: messages[i]}); code != OK {
					b.Error(code)
				}
			})
		}
		b.ReportMetric(float64(b.N*len(messages))/b.Elapsed().Seconds(), "messages/s")
	})
	b.Run("reasons", func(b *testing.B) {
		for b.Loop() {
			v := NewVerifier(Options{Trust: trust, Now: at(start)})
			all(len(messages), func(i int) {
				if v := v.Judge(Subject{Envelope: messages[i]}); v.Code != OK {
					b.Error(v.Code)
				}
			})
		}
		b.ReportMetric(float64(b.N*len(messages))/b.Elapsed().Seconds(), "messages/s")
	})
	b.Run("rsa", func(b *testing.B) {
		key := thePKI().key
		digest := sha1.Sum([]byte("peer"))
		signature, err := rsa.SignPKCS1v15(nil, key, stdcrypto.SHA1, digest[:])
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			all(len(messages), func(int) {
				if err := rsa.VerifyPKCS1v15(&key.PublicKey, stdcrypto.SHA1, digest[:], signature); err != nil {
					b.Error(err)
				}
			})
		}
		b.ReportMetric(float64(b.N*len(messages))/b.Elapsed().Seconds(), "messages/s")
	})
}

func BenchmarkVerifyAgain(b *testing.B) {
	messages := distinct()
	v := NewVerifier(Options{Trust: thePKI().trust(Material{}), Now: at(start)})
	i := 0
	for b.Loop() {
		if code, _ := v.Code(Subject{Envelope: messages[i%len(messages)]}); code != OK {
			b.Fatal(code)
		}
		i++
	}
}

func BenchmarkSign(b *testing.B) {
	s := thePKI().signer(b, "bench", nil)
	envelope := []byte(`{"i":1,"msg":{"text":"` + strings.Repeat("some words of a body, ", 50) + `"},"msg_id":"2026-1","timestamp":1767225600,"topic":"org.fedoraproject.prod.git.receive","username":"apache"}`)
	b.Run("signer", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Sign(envelope); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rsa", func(b *testing.B) {
		digest := sha1.Sum(envelope)
		for b.Loop() {
			if _, err := rsa.SignPKCS1v15(nil, thePKI().key, stdcrypto.SHA1, digest[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
