package demo

import (
	"strconv"
	"strings"
	"sync"
)

// Everybody and everything here is invented. Names under example.org and
// example.net can never be anybody's (RFC 2606).

// person acts in stories. All texts are written as JSON has them inside
// quotes.
type person struct{ nick, name, mail string }

// pack is a package that distributions build.
type pack struct{ name, summary, group string }

var people = sync.OnceValue(func() []person {
	var all []person
	for line := range strings.Lines(peopleText) {
		nick, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		all = append(all, person{nick, inside(name), nick + "@example.org"})
	}
	return all
})

const peopleText = `
mhalloran Maeve Halloran
tverne Théo Vernaison
zhorvat Živa Horvatinčić
okonjo Adaeze Okonjo
ltunder Lars Tunderøy
ymori 森 由紀
rpatakar Rohini Patakar
bsedlak Břetislav Sedlák
cquill Constance Quill
dnakash דנה נקש
jferraz João Ferraz
aszabol Ágota Szabolcsi
kwrona Łucja Wrona
ipetrov Илья Петровский
nduong Dương Ngọc Lan
fosei Kwabena Osei
gmarlow Gideon Marlow
hlinden Hilla Lindenmäki
pcasta Pilar Castañeda
scrowe Silas Crowe
ebright Enid Brightwater
vnarin Varun Narindra
wteller Wanda Teller
xliang 梁 晓雯
uhassan Umar Hassanein
qbarnes Quentin Barnes
rosulli Róisín Sullivane
tkeita Tidiane Keïta
mgrau Mireia Grau
lbjorn Lína Björnsdóttir
`

var packs = sync.OnceValue(func() []pack {
	var all []pack
	for line := range strings.Lines(packText) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(words) == 3 {
			all = append(all, pack{name: words[0], group: words[1], summary: inside(words[2])})
		}
	}
	return all
})

const packText = `
quillpress text Typesetting for letters and small books
lanternfs storage A file system that keeps every version of a file
mossgrep tools Search source trees and remember what was found
copperkettle web A small web server for embedded devices
harrowdb database Time series on a single disk
libwillow library Trees that bend: persistent ordered maps for C
tidewatch monitoring Watch queues rise and fall
python-marrow python Deep inspection of running Python programs
golang-github-vole-burrow golang Tunnels between containers
rustle rust Listen to what a build is doing
thistle-gtk desktop Notes that stick
libplume library Read and write e-book formats
python-quickstep python Step through data one row at a time
skylarkd network A resolver that starts early
pebblenet network Tiny message passing over radio links
oxbow storage Move large files around slow places
perl-Text-Bramble perl Untangle nested quotations
rubygem-sorrel ruby Forms without surprises
nodejs-hummock nodejs Small server-side templates
gnome-almanack desktop Sun, moon and appointments
kde-sextant desktop Find your way through a photo collection
fernweh games A game about trains that never arrive
starling-kernel-tools kernel Look at what the kernel thinks it is doing
emberlog monitoring Logs that cool down and go to disk
cobblestone build Make packages from any tree
libmarl library Codecs for sediment cores
haystackd search Find the needle in many machines
python-django-lattice python Access rules for Django
texlive-fieldnotes text Field notebooks in LaTeX
ghostpipe network Pipes that survive the program at their end
ironwood-selinux security Policies for stubborn daemons
wrenmail mail A mail reader for people who answer
java-tamarack java Concurrent collections with bounds
ocaml-dovetail ocaml Joins for lists and streams
fonts-hedgerow fonts A typeface with unusual leaves
r-cran-tidepool r Statistics of the shore
php-pear-Satchel php Carry values between requests
erlang-murmur erlang Gossip between nodes
qt6-brook library Streams for Qt
vim-plugin-trellis editors Structure for long prose
`

// sentences are what people and machines say. Together they must not hold
// anything that a reader would take for real.
var sentences = sync.OnceValue(func() []string { return fragments(sentenceText) })

// titles are short: subjects of commits, issues, posts.
var titles = sync.OnceValue(func() []string { return fragments(titleText) })

// logLines are what builds print.
var logLines = sync.OnceValue(func() []string { return fragments(logText) })

func fragments(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, inside(line))
		}
	}
	return all
}

const sentenceText = `
Works for me after a reboot, and the old configuration is still read.
The tests pass on all architectures but one, where the clock is three seconds late.
I tried the steps from the report twice and could not make it fail.
Please do not push this before the weekend; the mirrors are slow enough as it is.
This restores the behaviour of the previous release for files that end without a newline.
The patch was taken from upstream and shortened: the part about Windows is gone.
No regressions noted with my usual seven windows and a half-finished letter.
Rebuilt against the new libwillow, which renamed two functions and forgot to say so.
It starts now, but it takes twenty seconds and one core before the window appears.
The man page still describes an option that was removed years ago.
Memory stays flat over a night of use; before, it grew by a few megabytes each hour.
Could somebody with a big-endian machine have a look at the checksum?
Résumé des changements : la traduction française est complète.
The default of the timeout is thirty seconds now, because ten was never enough on a train.
Dropped the bundled copy of the parser and used the packaged one.
There is a race between the reload and the first request; a second reload hides it.
If you have the plug-in installed, remove it first, or it will be loaded twice.
Upstream says this is on purpose and offers a setting that brings the old order back.
The scriptlet failed quietly for everyone who had no user called nobody.
I would rather see this in the next release than rushed into this one.
`

const titleText = `
Update to the newest upstream release
Rebuild for the new libwillow
Fix the build with the newer compiler
Do not crash on an empty configuration
Drop the patch that upstream has taken
Move the documentation into its own subpackage
Correct the licence tag to SPDX
Stop shipping the static library
Say which file could not be read
Enable the tests again
Keep the cache when the version did not change
Support paths with spaces in them
Make the service start after the network
Remove the dependency on the old parser
Add a desktop file and an icon
Speed up start by reading the index once
Nový překlad nápovědy
Handle a clock that goes backwards
Close the socket before the log is rotated
Sort the output so that it can be compared
`

const logText = `
checking whether the compiler works... yes
checking for pkg-config... /usr/bin/pkg-config
[ 12%] Building C object src/CMakeFiles/core.dir/ring.c.o
[ 48%] Building C object src/CMakeFiles/core.dir/index.c.o
src/index.c:214:17: warning: unused variable 'left' [-Wunused-variable]
[ 97%] Linking C shared library libcore.so.4
test session starts: 412 items collected
tests/test_store.py ........................ [ 38%]
tests/test_reload.py ....s................... [ 71%]
408 passed, 4 skipped in 31.07s
Processing files for the main package
Provides: config(main) = 0:1
Checking for unpackaged file(s)
Wrote: RPMS/x86_64/main.rpm
dpkg-deb: building package 'main' in '../main.deb'.
Executing(%clean): /bin/sh -e /var/tmp/rpm-tmp.k3
Child return code was: 0
mock: finish rpmbuild
`

// words are the names of which several things are made.
var (
	releases = []string{"f43", "f44", "f45", "epel9", "epel10"}
	arches   = []string{"x86_64", "aarch64", "ppc64le", "s390x", "noarch"}
	suites   = []string{"unstable", "unstable", "unstable", "experimental", "trixie-backports"}
)

// version is the n-th version a package could have.
func version(n int) string {
	return strconv.Itoa(n/60) + "." + strconv.Itoa(n/7%9) + "." + strconv.Itoa(n%7)
}
