// Package crypto answers one question: who really said this?
//
// A fedmsg envelope may carry a signature, made over canonical JSON either with
// an RSA key whose certificate it brings along (X.509) or with a GnuPG key. A
// [Verifier] takes an envelope as it was received and returns a [Verdict]: a
// [Code] with its [Class], who signed, why, and each check that led there.
// Signers make what fedmsg makes.
//
// The package does no I/O and starts no goroutine: certificates, revocation
// lists and keyrings are given to it as bytes (package crypto/trust reads and
// watches files), time is given by the caller.
//
// Invariants:
//
//   - One decoded certificate is used for the chain, the signature and the
//     name. What a second parser might read in the same text does not matter.
//   - Nothing that is wrong with our own files, or out of our reach, makes a
//     message Denied or Invalid.
//   - A verdict is a function of the message, the trust material and the time.
//     Every input is hostile: sizes and depths are bounded, nothing panics.
//   - A private key never appears in an error, a string or a log.
package crypto
