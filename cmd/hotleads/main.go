// Command hotleads is the whole product in one binary: the server, and the
// commands that set it up and look after it. This file finds the command that
// was asked for; each command stands in a file of its own.
//
//	hotleads                                   # serve, on http://localhost:8080
//	hotleads team add --name EMEA
//	hotleads import leads.csv --map map.yaml
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // calendars work where the system has no zones

	"github.com/redis/go-redis/v9/logging"

	"hotleads/lead"
)

func main() {
	logging.Disable() // what go-redis prints by itself comes back as errors, too
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// Exit statuses.
const (
	statusDone   = 0
	statusFailed = 1
	statusUsage  = 2
)

// run is the whole program: it returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &cli{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr}
	name, err := c.dispatch(ctx, args)
	if err == nil {
		return statusDone
	}
	wrong := []string{err.Error()}
	var faults lead.Faults
	if errors.As(err, &faults) { // of a document: a line for each
		wrong = nil
		for _, f := range faults {
			wrong = append(wrong, f.String())
		}
	}
	for _, line := range wrong {
		fmt.Fprintf(stderr, "%s: %s\n", strings.TrimSpace("hotleads "+name), oneLine(line))
	}
	var usage *usageError
	if errors.As(err, &usage) {
		return statusUsage
	}
	return statusFailed
}

// commands are all commands in the order in which help shows them.
func commands() []command {
	return []command{
		serveCommand(), demoCommand(), importCommand(), excludeAdd(), excludeRemove(), excludeList(),
		userAdd(), userList(), userDisable(), userPassword(), userAway(), userBack(), teamAdd(), teamList(), holidaysCommand(),
		keyAdd(), keyList(), keyRevoke(), displayAdd(), displayList(), displayRevoke(),
		agreementShow(), agreementDraft(), agreementSign(), agreementActivate(), agreementStatus(),
		migrateCommand(), rebuildCommand(), healthcheckCommand(), versionCommand(),
	}
}

// dispatch runs the command that args name and returns the name with what went
// wrong. No command is serve.
func (c *cli) dispatch(ctx context.Context, args []string) (string, error) {
	if len(args) > 0 && args[0] == "help" {
		args = append(args[1:len(args):len(args)], "--help")
	}
	if len(args) > 0 && isHelp(args[0]) {
		return "", c.helpAll()
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		args = append([]string{"serve"}, args...)
	}
	var group []command
	for _, cmd := range commands() {
		first, second, two := strings.Cut(cmd.name, " ")
		switch {
		case first != args[0]:
		case !two:
			return cmd.name, c.start(ctx, cmd, args[1:])
		case len(args) > 1 && args[1] == second:
			return cmd.name, c.start(ctx, cmd, args[2:])
		default:
			group = append(group, cmd)
		}
	}
	switch {
	case len(group) == 0:
		return "", wrongUsage("there is no command %q; there are %s", args[0], strings.Join(firstWords(commands()), ", "))
	case len(args) > 1 && isHelp(args[1]):
		return args[0], c.helpGroup(args[0], group)
	case len(args) == 1:
		return args[0], wrongUsage("say what to do: %s", strings.Join(secondWords(group), ", "))
	}
	return args[0], wrongUsage("there is no %q; there are %s", args[1], strings.Join(secondWords(group), ", "))
}
