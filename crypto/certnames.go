package crypto

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// CertificateChoice is what fedmsg chooses a certificate by.
type CertificateChoice struct {
	CertNames map[string]string // certnames: service name to certificate name
	// CertPrefix, when it is set, stands for the name: PREFIX.HOST
	// (fedmsg-logger --cert-prefix).
	CertPrefix string
	// Name is the service name of the publisher, such as "bodhi.app01"; empty
	// for one that publishes through a relay, which signs as shell.HOST.
	Name string
	// Hostname is the machine's; only what stands before the first dot counts.
	Hostname string
}

// CertificateName is the name of the certificate to sign with: in the folder
// ssldir, NAME.crt and NAME.key (fedmsg/core.py, publish;
// fedmsg/crypto/x509_ng.py, sign).
func CertificateName(c CertificateChoice) (string, error) {
	host, _, _ := strings.Cut(c.Hostname, ".")
	service := c.Name
	switch {
	case c.CertPrefix != "":
		service = c.CertPrefix + "." + host
	case service == "":
		service = "shell." + host
	}
	name, found := c.CertNames[service]
	switch {
	case found && validCertName(name):
		return name, nil
	case found:
		return "", fmt.Errorf("certnames names %q for %s, which cannot be the name of a file", name, service)
	case len(c.CertNames) == 0:
		return "", errors.New("no certificate is configured to sign with: certnames is empty")
	}
	known := slices.Sorted(maps.Keys(c.CertNames))
	if len(known) > 8 {
		known = append(known[:8], "…")
	}
	return "", fmt.Errorf("no certificate is configured for %s: certnames knows %s", service, strings.Join(known, ", "))
}

// validCertName keeps a name of a settings file inside the folder it is for.
func validCertName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\\\x00")
}
