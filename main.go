// Command fedmsg-tui explores a fedmsg bus in a terminal.
package main

import (
	"os"

	"fedmsg-tui/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:]))
}
