// Package gpg checks and makes detached OpenPGP signatures without the gpg
// program: what fedmsg's GnuPG backend does with a process per message.
//
// A [Keyring] holds public keys and answers [Keyring.Verify]; [SecretKeys] hold
// private ones and give a [Signer]. Files are handed in as bytes and told apart
// by their content: exported keys, binary or armoured, GnuPG's old keyrings
// (pubring.gpg, secring.gpg), its keybox (pubring.kbx), and the key files of
// its agent (private-keys-v1.d).
//
// Keys, signatures and armour are github.com/ProtonMail/go-crypto's: it reads
// and writes them, checks and signs. In front of it stands what it does not
// have: bounds, the order of packets, and what signatures say, of keys and of
// themselves. It would fold "forged", "too weak" and "not known" into one error,
// and refuse a whole signature, be it a revocation, for a part that is of no
// consequence; here, one that is not good must spoil the whole. So it is handed
// signatures without what they say, and with what is hashed.
//
// What a signature is worth follows gpg --verify, as far as that has one
// answer. It is stricter where gpg's exit code is known to mislead: a revoked
// key is never good, a key not meant for signing neither, and anything next to
// signature packets makes the blob malformed. It is the same key that must be
// bound, unrevoked and in time: a subkey counts only with a back signature.
// Signatures of version 3, which PGP made, and of version 6 are not supported.
//
// Never: no file, process, socket or clock is used; no passphrase is asked for;
// no trust is computed (every key of the ring is as good as any other, and
// other people's certifications are not looked at); nothing is decrypted.
//
// Invariants:
//
//   - Keys are checked once, when they are read: a signature then costs one
//     public key operation. A Keyring never changes after that, and any number
//     of goroutines may use it.
//   - All input is hostile, keyrings too: sizes, counts and depths are bounded,
//     key sizes as well, and nothing panics.
//   - Once read, a private key lives in closures alone. No field of SecretKeys
//     or Signer leads to one, so no way of printing or encoding can show it, and
//     errors do not quote what they are about.
//   - User ids, revocation texts and whatever quotes them are as they were in
//     the file: not sanitised.
package gpg
