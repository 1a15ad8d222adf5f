// Package gpg checks and makes detached OpenPGP signatures without the gpg
// program: what fedmsg's GnuPG backend does with a process per message.
//
// A [Keyring] holds public keys and answers [Keyring.Verify]; [SecretKeys] hold
// private ones and give a [Signer]. Files are handed in as bytes and told apart
// by their content: exported keys, binary or armoured, GnuPG's old keyrings
// (pubring.gpg, secring.gpg), its keybox (pubring.kbx), and the key files of
// its agent (private-keys-v1.d).
//
// The packets are read here, with the standard library doing the arithmetic. A
// general OpenPGP library is in the way of this task: it refuses digests and
// keys by a policy of its own, without saying which of "forged", "too weak" and
// "not known" it means, and skips what it cannot read, where here one signature
// that is not good must spoil the whole.
//
// What a signature is worth follows gpg --verify, as far as that has one
// answer. It is stricter where gpg's exit code is known to mislead: a revoked
// key is never good, a key not meant for signing neither, and anything next to
// signature packets makes the blob malformed. It is the same key that must be
// bound, unrevoked and in time: a subkey counts only with a back signature.
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
