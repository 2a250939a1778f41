package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"qunmate/commands/draw/fair"
)

// runReceipt computes a draw again from its receipt alone: no configuration,
// no database, no network.
func runReceipt(_ context.Context, p *program, f *flags) int {
	r, err := readReceipt(f.args[0])
	if err != nil {
		p.fail("cli.receipt_unread", map[string]any{"File": f.args[0], "Error": err.Error()})
		return exitFault
	}
	report := fair.Check(r)
	for _, one := range report.Findings {
		say := p.say
		if !one.OK {
			say = p.fail
		}
		say("cli.receipt_line", one)
	}
	data := map[string]any{"Draw": r.Draw, "Community": r.Community, "Weak": report.Weak(), "Prizes": held(r, report)}
	if !report.OK() {
		p.fail("cli.receipt_bad", data)
		return exitFault
	}
	p.say("cli.receipt_good", data)
	return exitOK
}

// readReceipt reads a file, but not more of it than a receipt can have.
func readReceipt(name string) (fair.Receipt, error) {
	file, err := os.Open(name)
	if err != nil {
		return fair.Receipt{}, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, fair.MaxBytes+1))
	if err != nil {
		return fair.Receipt{}, fmt.Errorf("read: %w", err)
	}
	return fair.Parse(data)
}

// prize is a line of what the tickets hold in the end.
type prize struct {
	Name    string
	Tickets []int64
}

func held(r fair.Receipt, report *fair.Report) []prize {
	out := make([]prize, len(r.Prizes))
	for i, one := range r.Prizes {
		out[i].Name = one.Name
	}
	for _, w := range report.Holders {
		out[w.Prize].Tickets = append(out[w.Prize].Tickets, w.Ticket)
	}
	return out
}
