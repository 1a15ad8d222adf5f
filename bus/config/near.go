package config

import (
	"cmp"
	"slices"
	"strings"
)

// nearest are the candidates within a third of their length of edits from
// word, or that end in it, best first.
func nearest(word string, candidates []string, count int) []string {
	type scored struct {
		name  string
		edits int
	}
	var close []scored
	for _, name := range candidates {
		edits := distance(strings.ToLower(word), strings.ToLower(name))
		if edits <= max(2, len(name)/3) || len(word) >= 3 && strings.HasSuffix(name, "."+word) {
			close = append(close, scored{name, edits})
		}
	}
	slices.SortFunc(close, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(a.name, b.name))
	})
	var names []string
	for _, s := range close[:min(count, len(close))] {
		names = append(names, s.name)
	}
	return names
}

// distance is the number of bytes to insert, delete or replace to turn a into
// b. Long texts are not compared: nothing is near them.
func distance(a, b string) int {
	const tooLong = 128
	if len(a) > tooLong || len(b) > tooLong {
		return tooLong
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
