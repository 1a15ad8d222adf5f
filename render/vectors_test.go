package render

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// vectors reads a file of golden cases, one JSON object a line. They lie beside
// the repository; a test that needs them skips where they are not.
func vectors[T any](t testing.TB, name string) []T {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "vectors", name)
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("no golden vectors: %v", err)
	}
	defer f.Close()
	var cases []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c T
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatalf("%s is empty", name)
	}
	return cases
}
