package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"fedmsg-tui/themes"
	"fedmsg-tui/tui"
)

func newKeysCommand(std streams) *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use: "keys", Short: "List the explorer's keys", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if markdown {
				return tui.WriteKeysMarkdown(std.out)
			}
			return tui.WriteKeys(std.out)
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "as a page of documentation")
	return cmd
}

func newThemesCommand(std streams) *cobra.Command {
	return &cobra.Command{
		Use: "themes", Short: "List the themes", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, name := range themes.Names() {
				if _, err := fmt.Fprintln(std.out, name); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
