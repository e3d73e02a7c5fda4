package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is stamped by the linker: -ldflags "-X main.version=v1.2.3".
var version = unknown

const unknown = "unknown"

// buildView is what the binary was made from; "unknown" where it was not stamped.
type buildView struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Built    string `json:"built"` // time of the commit
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func build() buildView {
	b := buildView{Version: version, Commit: unknown, Built: unknown, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; b.Version == unknown && v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Built = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func versionCommand() command {
	return command{
		name: "version", brief: "print what this binary was built from",
		about: "  hotleads version\n  hotleads version --json",
		define: func(fs *flag.FlagSet) action {
			asJSON := fs.Bool("json", false, "print JSON")
			return func(_ context.Context, c *cli, _ settings, _ []string) error {
				b := build()
				if *asJSON {
					return writeJSON(c.stdout, b)
				}
				commit := b.Commit
				if b.Modified {
					commit += " with changes"
				}
				_, err := fmt.Fprintf(c.stdout, "hotleads %s\ncommit   %s\nbuilt    %s\ngo       %s %s\n", b.Version, commit, b.Built, b.Go, b.Platform)
				return err
			}
		},
	}
}
