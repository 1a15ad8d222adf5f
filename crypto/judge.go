package crypto

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// judging is one message being judged. report is nil where only the code is
// wanted: then nothing is formatted.
type judging struct {
	*work
	v        *Verifier
	material *material
	subject  Subject
	report   *Verdict

	now      time.Time
	sent     time.Time
	hasSent  bool
	archived bool
	repairs  []string
}

// finding is a check that decided, or a caveat.
type finding struct {
	code Code
	note string
}

// judge finds the verdict, and fills report when there is one.
func (w *work) judge(v *Verifier, s Subject, report *Verdict) (code Code, signer string) {
	j := judging{work: w, v: v, material: v.material.Load(), subject: s, report: report, now: v.now()}
	if at := v.options.At; !at.Time.IsZero() {
		j.now = at.Time
	}
	f, signer := j.run()
	if report != nil {
		report.Code, report.Signer, report.Reason = f.code, signer, f.note
		report.Repairs = j.repairs
		if f.note == "" {
			report.Reason = f.code.Sentence()
		}
	}
	return f.code, signer
}

// The checks, in their order.
const (
	stepFields     = "fields"
	stepChain      = "chain"
	stepRevocation = "revocation"
	stepSignature  = "signature"
	stepPolicy     = "policy"
	stepTopic      = "topic"
)

// plan lists the checks that a message will go through, as not reached.
func (j *judging) plan(names ...string) {
	if j.report == nil {
		return
	}
	j.report.Steps = make([]Step, len(names))
	for i, name := range names {
		j.report.Steps[i].Name = name
	}
}

// say notes how a check ended.
func (j *judging) say(name string, result StepResult, note string) {
	if j.report == nil {
		return
	}
	for i := range j.report.Steps {
		if j.report.Steps[i].Name == name {
			j.report.Steps[i].Result, j.report.Steps[i].Note = result, note
		}
	}
}

// step is say with a note that is only formatted for a report.
func (j *judging) step(name string, result StepResult, format string, args ...any) {
	if j.report != nil {
		j.say(name, result, fmt.Sprintf(format, args...))
	}
}

// decide is step and finding in one.
func (j *judging) decide(name string, result StepResult, code Code, format string, args ...any) *finding {
	f := &finding{code: code}
	if j.report != nil {
		f.note = fmt.Sprintf(format, args...)
		j.say(name, result, f.note)
	}
	return f
}

func (j *judging) run() (finding, string) {
	if j.subject.Broker {
		j.plan(stepFields)
		j.step(stepFields, StepSkipped, "came over AMQP, where messages are not signed")
		return finding{code: Broker}, ""
	}
	j.plan(stepFields)
	if err := j.object.read(j.subject.Envelope); err != nil {
		what := "the envelope is not JSON: " + err.Error()
		if errors.Is(err, ErrNotObject) {
			what = "the envelope is JSON, but not an object"
		}
		return *j.decide(stepFields, StepNo, Malformed, "%s", what), ""
	}
	o := &j.object
	if j.report != nil {
		j.report.MsgID, j.report.Topic = o.text("msg_id"), o.text("topic")
	}
	if j.subject.Records && isRecord(o) {
		if j.report != nil {
			j.report.MsgID = o.text("id")
		}
		j.step(stepFields, StepSkipped, "the record of a message that came over AMQP, where messages are not signed")
		return finding{code: Broker}, ""
	}
	j.archived = j.subject.Archived || o.find("source_name") != nil && o.find("source_version") != nil
	j.readSent()

	f, signer := j.backend()
	// The topics are compared whoever signed, and if nobody did: a receiver
	// that subscribes by one and acts on the other can be fooled by anybody.
	if f.code.Class() != ClassInvalid && f.code.Class() != ClassDenied {
		if d := j.topics(); d != nil {
			return *d, signer
		}
	}
	return f, signer
}

// member is a field, or nil when it is absent. Null stands for absent: archives
// write it, as the column of a table.
func (j *judging) member(name string) *member {
	m := j.object.find(name)
	if m != nil && isNull(m.value) {
		return nil
	}
	return m
}

// backend chooses the scheme as fedmsg does (fedmsg/crypto/__init__.py,
// validate): by crypto, else by what is there.
func (j *judging) backend() (finding, string) {
	claim, certificate, signature := j.member("crypto"), j.member("certificate"), j.member("signature")
	scheme := ""
	switch {
	case claim != nil:
		text, ok := decodeString(claim.value)
		if !ok {
			return *j.decide(stepFields, StepNo, Malformed, "crypto is not a text"), ""
		}
		scheme = text
	case certificate != nil:
		scheme = "x509"
	case signature != nil:
		scheme = "gpg"
	}
	if certificate == nil && signature == nil && (claim == nil || j.archived) {
		j.plan(stepFields, stepTopic)
		j.step(stepFields, StepSkipped, "no crypto, signature or certificate")
		return finding{code: Unsigned}, ""
	}
	switch {
	case scheme != "x509" && scheme != "gpg":
		j.plan(stepFields, stepTopic)
		return *j.decide(stepFields, StepUnknown, NoBackend, "signed with %q, which is not known here", cut(scheme)), ""
	case !j.v.accepts(scheme):
		j.plan(stepFields, stepTopic)
		return *j.decide(stepFields, StepUnknown, NoBackend, "signed with %s, which is not among the schemes that are accepted here", scheme), ""
	case scheme == "x509":
		j.plan(stepFields, stepChain, stepRevocation, stepSignature, stepPolicy, stepTopic)
		return j.x509(certificate, signature)
	}
	j.plan(stepFields, stepSignature, stepTopic)
	return j.gpg(signature)
}

// topics compares the frame's topic with the envelope's.
func (j *judging) topics() *finding {
	if j.subject.Topic == nil {
		j.say(stepTopic, StepSkipped, "nothing to compare the envelope's topic with")
		return nil
	}
	m := j.object.find("topic")
	if m == nil {
		j.say(stepTopic, StepSkipped, "the envelope says no topic")
		return nil
	}
	text, ok := decodeString(m.value)
	if !ok {
		j.say(stepTopic, StepSkipped, "the envelope's topic is not a text")
		return nil
	}
	if text == string(j.subject.Topic) {
		j.say(stepTopic, StepOK, "frame and envelope agree")
		return nil
	}
	return j.decide(stepTopic, StepNo, Envelope, "the frame says %q, the envelope %q", cut(string(j.subject.Topic)), cut(text))
}

// readSent reads the time that the message says it was sent at.
func (j *judging) readSent() {
	m := j.object.find("timestamp")
	if m == nil || len(m.value) == 0 || len(m.value) > 40 {
		return
	}
	seconds, err := strconv.ParseFloat(string(m.value), 64)
	// The bounds are the years 1 and 9999, beyond which a time cannot be told.
	if err != nil || math.IsNaN(seconds) || seconds < -62135596800 || seconds > 253402300799 {
		return
	}
	whole, fraction := math.Modf(seconds)
	j.sent, j.hasSent = time.Unix(int64(whole), int64(fraction*1e9)), true
}

// at is the time for which certificates and keys must be valid.
func (j *judging) at() time.Time {
	if j.v.options.At.Sent && j.hasSent && !j.v.options.Strict { // strict is now
		return j.sent
	}
	return j.now
}

// cut bounds what a reason quotes.
func cut(s string) string {
	const longest = 120
	if len(s) > longest {
		return s[:longest] + "…"
	}
	return s
}

// text is a field's text, or "" when it is none.
func (o *object) text(name string) string {
	m := o.find(name)
	if m == nil {
		return ""
	}
	text, _ := decodeString(m.value)
	return text
}

// isRecord reports whether an object is a record of fedora-messaging rather
// than an envelope of fedmsg.
func isRecord(o *object) bool {
	for _, name := range []string{"body", "headers", "id", "topic"} {
		if o.find(name) == nil {
			return false
		}
	}
	for _, name := range []string{"msg", "msg_id", "crypto", "signature", "certificate"} {
		if o.find(name) != nil {
			return false
		}
	}
	return true
}
