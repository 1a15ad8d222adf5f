// Package trust reads what signatures are checked against and made with: CA
// certificates, revocation lists, keyrings and keys, from files or over https.
//
// A [Store] knows where they are, keeps what it read, and notices when a file
// changes or a copy from the network has become old. It hands out immutable
// values of package crypto; whoever checks signatures exchanges them when the
// store says so.
//
// It never judges a message, never writes but into its own cache folder, and
// never fetches what nobody named: only https, bounded in size and time.
//
// Invariants:
//
//   - What could not be read is never replaced by nothing in silence: the last
//     good copy stays in use where there is one, and [Fact] says so.
//   - Reading and fetching happen in the goroutine of the caller: Load and
//     Watch. No other method waits for a disk or the network.
//   - The content of a private key leaves the package only inside a signer.
package trust
