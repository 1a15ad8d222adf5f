package client

import (
	"os"
	"path/filepath"

	"fedmsg-tui/bus/config"
	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/trust"
)

// TrustOptions are where the settings say that certificates, revocation lists
// and keyrings are. What is fetched is kept in the user's cache folder.
func TrustOptions(settings *config.Settings) trust.Options {
	t := trust.Options{CA: settings.CA, CRL: settings.CRL}
	if settings.GPGHome != "" {
		t.Keyrings = []string{settings.GPGHome}
	}
	// Without a cache folder nothing is kept, which is no error.
	if dir, err := os.UserCacheDir(); err == nil {
		t.CacheDir = filepath.Join(dir, "fedmsg-tui", "trust")
	}
	return t
}

// VerifierOptions are how the settings say that messages are judged. What is
// trusted is to be added: see [TrustOptions].
func VerifierOptions(settings *config.Settings) crypto.Options {
	return crypto.Options{
		Policy: settings.RoutingPolicy, Nitpicky: settings.RoutingNitpicky, Backends: settings.Backends,
	}
}
