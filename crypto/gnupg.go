package crypto

import (
	"fmt"

	"fedmsg-tui/crypto/gpg"
)

// maxGPGSignatureBytes is more than a few signatures of the largest keys.
const maxGPGSignatureBytes = 64 << 10

// gpg judges a message that is, or claims to be, signed with GnuPG. Only the
// value of msg is signed (fedmsg/crypto/gpg.py, sign), so topic, id and time
// are anybody's; no certificate and no routing policy is involved.
func (j *judging) gpg(field *member) (finding, string) {
	if field == nil {
		return *j.decide(stepFields, StepNo, Malformed, "says that it is signed with GnuPG, and has no signature"), ""
	}
	body := j.object.find("msg")
	if body == nil {
		return *j.decide(stepFields, StepNo, Malformed, "is signed with GnuPG, which covers msg alone, and has no msg"), ""
	}
	signature, err := appendBase64(j.signature[:0], field.value, maxGPGSignatureBytes)
	j.signature = signature
	if err != nil {
		return *j.decide(stepFields, StepNo, Malformed, "the signature %v", err), ""
	}
	j.step(stepFields, StepOK, "gpg, with a signature over msg")
	ring := j.material.keyring
	if ring == nil {
		return *j.decide(stepSignature, StepUnknown, NoKey, "cannot be judged: no keyring is loaded; name one with --gpg-keyring, or as gpg_home"), ""
	}
	j.signed = j.object.appendValue(j.signed[:0], body)
	j.tried("msg as received")
	r := ring.Verify(j.signed, signature, j.now)
	signer := r.UserID
	if signer == "" {
		signer = r.KeyID
	}
	if r.State == gpg.NoKey {
		signer = ""
	}
	who := signer
	if r.KeyID != "" && r.KeyID != signer {
		who = fmt.Sprintf("%s (key %s)", signer, r.KeyID)
	}
	uncovered := "topic, id and time are not covered"
	if j.object.repeated && !j.v.options.Strict && (r.State == gpg.Good || r.State == gpg.GoodKeyExpired) {
		j.repairs = []string{repeatedNames}
		uncovered += "; there are " + repeatedNames
	}
	decide := func(result StepResult, code Code, format string, args ...any) (finding, string) {
		return *j.decide(stepSignature, result, code, format, args...), signer
	}
	switch r.State {
	case gpg.Good:
		return decide(StepOK, BodyOnly, "the body is signed by %s; %s", who, uncovered)
	case gpg.GoodKeyExpired:
		return decide(StepOK, ExpiredSince, "the body is signed by %s, whose key has expired since, on %s; %s", who, day(r.ExpiredAt), uncovered)
	case gpg.NoKey, gpg.Unsupported:
		code := NoKey
		if r.State == gpg.Unsupported {
			code = NoBackend
		}
		return decide(StepUnknown, code, "cannot be judged: %s", r.Reason)
	case gpg.KeyRevoked:
		return decide(StepNo, Revoked, "%s", r.Reason)
	case gpg.KeyExpiredBefore, gpg.SignatureExpired, gpg.NotYetValid:
		return decide(StepNo, Expired, "%s", r.Reason)
	case gpg.WeakKey, gpg.WeakDigest:
		return decide(StepNo, WeakKey, "%s", r.Reason)
	case gpg.KeyNotForSigning:
		return decide(StepNo, Untrusted, "%s", r.Reason)
	case gpg.BadSignature:
		if j.archived && !j.v.options.Strict {
			return decide(StepUnknown, Altered, "%s", Altered.Sentence())
		}
		return decide(StepNo, Bad, "the signature does not match the body (%s)", r.Reason)
	}
	return decide(StepNo, Malformed, "%s", r.Reason)
}
