// Package client is the Go API of the bus: settings in, messages out.
//
//	settings, err := config.Load(ctx, config.Options{})
//	…
//	c, err := client.New(settings)
//	…
//	for message, err := range c.Tail(ctx) {
//
// It joins what the packages below it do each for themselves: the settings
// name the endpoints, each endpoint becomes a [bus.Source] that reconnects by
// itself, and what the sources deliver is scanned and handed on in the order of
// receipt, endpoint by endpoint.
//
// It never drops a message: a slow consumer makes the sources stop reading, and
// the transport pushes back on the publishers. Whoever cannot wait (a screen)
// must take messages as fast as memory does, and evict.
//
// Invariants:
//
//   - Every message that a consumer sees has been scanned: either its Head is
//     filled or its Problem says why not.
//   - When Run or the loop over Tail ends, every goroutine that it started has
//     ended too.
package client
