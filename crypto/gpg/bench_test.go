package gpg

import "testing"

func benchmarkVerify(b *testing.B, k *testKey) {
	ring, _, err := ReadKeyring(k.simple(b, "K <k@x>"))
	if err != nil {
		b.Fatal(err)
	}
	body := make([]byte, 2000)
	blob := k.over(b, string(body), spec{})
	b.ReportAllocs()
	for b.Loop() {
		if r := ring.Verify(body, blob, testNow); r.State != Good {
			b.Fatal(r)
		}
	}
}

func BenchmarkVerifyRSA2048(b *testing.B) { benchmarkVerify(b, newTestRSA(b, 2048)) }
func BenchmarkVerifyEd25519(b *testing.B) { benchmarkVerify(b, newTestKey(b, "k", testBorn)) }
