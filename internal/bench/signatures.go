package main

import (
	"bytes"
	stdcrypto "crypto"
	"crypto/rsa"
	"crypto/sha1"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fedmsg-tui/crypto"
	"fedmsg-tui/internal/testca"
)

// distinctMessages are signed anew for each run, all different.
const distinctMessages = 4000

func envelope(i int) []byte {
	return fmt.Appendf(nil, `{"i":%d,"msg":{"agent":"user%d","text":"%s"},"msg_id":"2026-%036d","timestamp":%d,"topic":"org.fedoraproject.prod.git.receive","username":"apache"}`,
		i, i, strings.Repeat("some words of a body, ", 40), i, time.Now().Unix())
}

// onAll runs f for each index below n on all processors and is the rate.
func onAll(n int, f func(i int)) result {
	var workers sync.WaitGroup
	var next atomic.Int64
	cpu, began := cpuTime(), time.Now()
	for range runtime.NumCPU() {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	workers.Wait()
	return result{float64(n) / time.Since(began).Seconds(), cpuTime() - cpu, n}
}

// signatures measures checking and signing beside crypto/rsa, and canonical
// JSON beside CPython's json module.
func signatures(binary, dir string, rounds int) error {
	ca := testca.New(testca.Subject{Name: "bench", Serial: 1, From: time.Now().Add(-time.Hour), To: time.Now().AddDate(1, 0, 0)}, testca.Key(2048))
	signer, err := crypto.NewX509Signer(ca.PEM, ca.KeyPEM())
	if err != nil {
		return err
	}
	messages := make([][]byte, distinctMessages)
	digest := sha1.Sum([]byte("a digest"))
	signature, err := rsa.SignPKCS1v15(nil, ca.Key, stdcrypto.SHA1, digest[:])
	if err != nil {
		return err
	}
	trust := crypto.NewTrust(crypto.TrustOptions{CA: crypto.Material{Name: "bench", Text: ca.PEM}})
	var rsaVerify, verify, command, rsaSign, sign []result
	var wrong atomic.Int64
	failed := func(err error) {
		if err != nil {
			wrong.Add(1)
		}
	}
	caFile, lines := filepath.Join(dir, "bench.crt"), filepath.Join(dir, "bench.jsonl")
	for range rounds {
		rsaSign = append(rsaSign, onAll(distinctMessages, func(int) {
			_, err := rsa.SignPKCS1v15(nil, ca.Key, stdcrypto.SHA1, digest[:])
			failed(err)
		}))
		sign = append(sign, onAll(distinctMessages, func(i int) {
			out, err := signer.Sign(envelope(i))
			failed(err)
			messages[i] = out
		}))
		rsaVerify = append(rsaVerify, onAll(distinctMessages, func(int) {
			failed(rsa.VerifyPKCS1v15(&ca.Key.PublicKey, stdcrypto.SHA1, digest[:], signature))
		}))
		v := crypto.NewVerifier(crypto.Options{Trust: trust})
		verify = append(verify, onAll(distinctMessages, func(i int) {
			if code, _ := v.Code(crypto.Subject{Envelope: messages[i]}); code != crypto.OK {
				wrong.Add(1)
			}
		}))
		// The program, on a file long enough that its start does not count.
		const times = 10
		text := bytes.Repeat(append(bytes.Join(messages, []byte("\n")), '\n'), times)
		if err := os.WriteFile(lines, text, 0o600); err != nil {
			return err
		}
		if err := os.WriteFile(caFile, ca.PEM, 0o600); err != nil {
			return err
		}
		cmd := exec.Command(binary, "verify", "--no-cache", "--format", "json", "--ca", caFile, lines)
		home := filepath.Join(dir, "home") // need not be there
		cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home)
		cmd.Dir = dir
		began := time.Now()
		var errs strings.Builder
		cmd.Stderr = &errs
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("verify: %w: %s", err, errs.String())
		}
		command = append(command, result{times * distinctMessages / time.Since(began).Seconds(),
			cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), times * distinctMessages})
	}
	if n := wrong.Load(); n > 0 {
		return fmt.Errorf("%d signatures were wrong", n)
	}
	fmt.Printf("%d distinct messages of %d bytes, RSA-2048, %d processors, median of %d rounds\n", distinctMessages, len(messages[0]), runtime.NumCPU(), rounds)
	report("crypto/rsa, verify alone", rsaVerify, rsaVerify)
	report("crypto.Verifier", verify, rsaVerify)
	report("fedmsg-tui verify --no-cache", command, rsaVerify)
	report("crypto/rsa, sign alone", rsaSign, rsaSign)
	report("crypto.X509Signer", sign, rsaSign)
	return canonical(messages[0], rounds)
}

// pythonDumps measures json.dumps of a text that was parsed before, as fedmsg
// calls it, and prints how many a second.
const pythonDumps = `
import json, sys, time
text = sys.stdin.read()
doc = json.loads(text)
encoder = json.JSONEncoder(sort_keys=True, separators=(',', ':'))
assert encoder.encode(doc) == text
n, began = 0, time.perf_counter()
while time.perf_counter() - began < 0.5:
    for _ in range(1000):
        encoder.encode(doc)
    n += 1000
print(n / (time.perf_counter() - began))
`

// canonical measures canonical JSON on one processor: a text that is canonical
// already, and one as relays write it.
func canonical(text []byte, rounds int) error {
	spaced := bytes.ReplaceAll(text, []byte(`,"`), []byte(`, "`))
	one := func(text []byte) result {
		const n = 200_000
		cpu, began := cpuTime(), time.Now()
		for range n {
			if _, err := crypto.Canonical(text); err != nil {
				panic(err) // it is JSON
			}
		}
		return result{n / time.Since(began).Seconds(), cpuTime() - cpu, n}
	}
	var python, already, relayed []result
	for range rounds {
		cmd := exec.Command("python3", "-c", pythonDumps)
		cmd.Stdin = bytes.NewReader(text)
		out, err := cmd.Output()
		if err == nil {
			var rate float64
			if rate, err = strconv.ParseFloat(strings.TrimSpace(string(out)), 64); err == nil {
				python = append(python, result{rate, time.Duration(1000 / rate * float64(time.Second)), 1000})
			}
		}
		if err != nil {
			fmt.Println("without CPython:", err)
		}
		already = append(already, one(text))
		relayed = append(relayed, one(spaced))
	}
	report("CPython's json, encode alone", python, python)
	report("crypto.Canonical, of canonical text", already, python)
	report("crypto.Canonical, of a relay's text", relayed, python)
	return nil
}
