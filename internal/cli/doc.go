// Package cli is the command line: one file per command. It reads flags,
// joins the packages that do the work, prints, and turns errors into one line
// and an exit status. It decides nothing about messages itself.
//
// Exit status: 0 done; 1 failed, said in one line; 2 wrong usage. ctrl+c ends
// a stream with 0. Data go to standard output, everything else to standard
// error.
package cli
