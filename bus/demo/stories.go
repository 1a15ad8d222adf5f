package demo

import (
	"fmt"
	"strings"
)

// A step is written as
//
//	service topic [old=…] [new=…] [tag=…] [body=…]
//
// The body is that of the topic, or of the longest part of the topic that has
// one, unless it is named.

// story is a plot and how often it is told.
type story struct {
	weight int
	steps  string
}

var stories = []story{
	{6, `
scm git.receive
koji buildsys.build.state.change old=null new=0
koji buildsys.task.state.change old=FREE new=OPEN
koji buildsys.task.state.change old=OPEN new=CLOSED
koji buildsys.task.state.change old=OPEN new=CLOSED
koji buildsys.build.state.change old=0 new=1
koji buildsys.tag tag=updates-candidate
resultsdb resultsdb.result.new
bodhi bodhi.update.request.testing new=pending
koji buildsys.tag tag=updates-testing-pending
koji buildsys.rpm.sign
openqa openqa.job.create
openqa openqa.job.done
bodhi bodhi.update.comment new=0
greenwave greenwave.decision.update
bodhi bodhi.update.complete.testing new=testing
koji buildsys.tag tag=updates-testing
bodhi bodhi.update.comment new=1
bodhi bodhi.update.comment new=1
bodhi bodhi.update.karma.threshold.reach new=testing
bodhi bodhi.update.request.stable new=testing
koji buildsys.untag tag=updates-testing
koji buildsys.tag tag=updates
bodhi bodhi.update.complete.stable new=stable
bodhi bodhi.errata.publish new=stable
fedbadges fedbadges.badge.award
`},
	{2, `
scm git.receive
koji buildsys.build.state.change old=null new=0
koji buildsys.task.state.change old=FREE new=OPEN
koji buildsys.task.state.change old=OPEN new=FAILED
koji buildsys.build.state.change old=0 new=3
koschei koschei.package.state.change old=ok new=failing
scm git.receive
koji buildsys.build.state.change old=3 new=0
koji buildsys.task.state.change old=FREE new=OPEN
koji buildsys.task.state.change old=OPEN new=CLOSED
koji buildsys.build.state.change old=0 new=1
koschei koschei.package.state.change old=failing new=ok
`},
	{2, `
anitya anitya.project.version.update
hotness hotness.update.bug.file
bugzilla2fedmsg bugzilla.bug.new
koji buildsys.task.state.change old=FREE new=OPEN
koji buildsys.task.state.change old=OPEN new=CLOSED
hotness hotness.update.bug.followup
scm git.lookaside.new
scm git.receive
koji buildsys.build.state.change old=null new=0
koji buildsys.build.state.change old=0 new=1
bugzilla2fedmsg bugzilla.bug.update
`},
	{3, `
pagure pagure.issue.new
pagure pagure.issue.comment.added
pagure pagure.issue.tag.added
pagure pagure.pull-request.new new=Open
pagure pagure.pull-request.flag.added new=Open
pagure pagure.pull-request.comment.added new=Open
pagure pagure.pull-request.closed new=Merged
pagure pagure.git.receive
`},
	{3, `
github2fedmsg github.issue.opened
github2fedmsg github.issue.comment
github2fedmsg github.pull_request.opened
github2fedmsg github.status
github2fedmsg github.pull_request.closed
github2fedmsg github.push
github2fedmsg github.release
anitya anitya.project.version.update
`},
	{3, `
copr copr.worker.create
copr copr.build.start
copr copr.chroot.start
copr copr.chroot.start
copr copr.build.end new=1
copr copr.build.end new=0
`},
	{3, `
debmessenger debmessenger.bug.report
debmessenger debmessenger.bug.followup
debbugs debbugs.control
debmessenger debmessenger.package.upload
dak dak.accepted
debmessenger debmessenger.bug.closed
buildd buildd.state
buildd buildd.state
dak dak.installed
debbugs piuparts.result
`},
	{1, `
supybot meetbot.meeting.start
supybot meetbot.meeting.topic.update
supybot meetbot.meeting.item.info
supybot meetbot.meeting.item.action
supybot irc.karma
supybot meetbot.meeting.topic.update
supybot meetbot.meeting.item.agreed
supybot meetbot.meeting.complete
mediawiki wiki.article.edit
mailman mailman.receive
`},
	{1, `
releng pungi.compose.status.change new=STARTED
releng pungi.compose.phase.start new=init body=pungi.compose.phase
releng pungi.compose.phase.stop new=init body=pungi.compose.phase
releng pungi.compose.createiso.targets
openqa openqa.job.create
openqa openqa.job.done
releng pungi.compose.status.change new=FINISHED
releng compose.rawhide.complete
mdapi mdapi.repo.update
mirrormanager mirrormanager.crawler.complete
`},
	{1, `
shell announce.announcement
shell ansible.playbook.start
nagios nagios.host.state.change old=PROBLEM new=DOWN
nagios nagios.service.state.change old=PROBLEM new=CRITICAL
shell ansible.playbook.complete
nagios nagios.service.state.change old=RECOVERY new=OK
nagios nagios.host.state.change old=RECOVERY new=UP
`},
	{2, `
centos-ci ci.koji-build.test.queued new=null body=ci.koji-build.test
centos-ci ci.koji-build.test.running new=null body=ci.koji-build.test
centos-ci ci.koji-build.test.complete new=passed body=ci.koji-build.test
centos-ci ci.pipeline.complete
`},
}

// ambience are messages that need no others around them. A line that stands
// twice is sent twice as often.
const ambience = `
mediawiki wiki.article.edit
mediawiki wiki.upload.complete
mailman mailman.receive
mailman mailman.receive
planet planet.post.new
nagios nagios.service.state.change old=PROBLEM new=WARNING
fas fas.group.member.sponsor
fas fas.role.update
fas fas.user.create
supybot irc.karma
github2fedmsg github.star
github2fedmsg github.issue.comment
github2fedmsg github.status
pagure pagure.issue.comment.added
pagure pagure.project.new
anitya anitya.project.map.new
hotness hotness.update.drop
fedocal fedocal.meeting.reminder
kerneltest kerneltest.upload.new
faf faf.report.threshold10
mdapi mdapi.repo.update
bodhi bodhi.buildroot_override.tag
bodhi bodhi.update.edit new=testing
bodhi bodhi.update.eject new=testing
greenwave waiverdb.waiver.new
resultsdb resultsdb.result.new
fedbadges fedbadges.person.rank.advance
scm git.branch
koji buildsys.repo.init
koji buildsys.repo.done
koji buildsys.package.list.change
koji buildsys.task.state.change old=OPEN new=CANCELED
koji-stg buildsys.build.state.change old=0 new=4
koji-stg buildsys.tag tag=build
copr copr.build.end new=1
copr copr.chroot.start
centos-ci ci.pipeline.complete
debmessenger debmessenger.bug.report
debmessenger debmessenger.package.upload
debbugs debbugs.control
buildd buildd.state
buildd buildd.state
dak dak.installed
shell logger.log
`

const heartbeat = `heartbeat heartbeat.beat`

// rebuild is what a mass rebuild fills the bus with.
const rebuild = `
koji buildsys.build.state.change old=null new=0
koji buildsys.task.state.change old=FREE new=OPEN
koji buildsys.task.state.change old=OPEN new=CLOSED
koji buildsys.build.state.change old=0 new=1
koji buildsys.tag tag=rebuild
koji buildsys.rpm.sign
`

// newSteps reads the lines of a story.
func newSteps(lines string, kind Kind, processes map[string]*process) ([]step, error) {
	var steps []step
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) < 2 {
			return nil, fmt.Errorf("step %q: no topic", line)
		}
		p := processes[words[0]]
		if p == nil {
			return nil, fmt.Errorf("step %q: no service %s", line, words[0])
		}
		st := step{process: p, topic: p.prefix + words[1], kind: kind}
		name := words[1]
		for _, word := range words[2:] {
			key, value, _ := strings.Cut(word, "=")
			switch key {
			case "old":
				st.old = value
			case "new":
				st.new = value
			case "tag":
				st.tag = value
			case "body":
				name = value
			default:
				return nil, fmt.Errorf("step %q: what is %s?", line, word)
			}
		}
		if st.body = bodyFor(name); st.body == nil {
			return nil, fmt.Errorf("step %q: no body for %s", line, name)
		}
		steps = append(steps, st)
	}
	return steps, nil
}

func bodyFor(topic string) *body {
	for {
		if b := bodies()[topic]; b != nil {
			return b
		}
		at := strings.LastIndexByte(topic, '.')
		if at < 0 {
			return nil
		}
		topic = topic[:at]
	}
}

// mustSteps is newSteps for the lines above, which are part of the program.
func mustSteps(lines string, kind Kind, processes map[string]*process) []step {
	steps, err := newSteps(lines, kind, processes)
	if err != nil {
		panic("demo: " + err.Error())
	}
	return steps
}
