package draw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// Round is the payload of an event that brings public randomness for one draw.
// It was fetched outside of any transaction; it is verified here all the same.
type Round struct {
	Draw      int64  `json:"draw"`
	Round     int64  `json:"round"`
	Signature string `json:"signature"`
}

// onRound draws with the round that was fetched.
func (f family) onRound(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	var p Round
	detail, _ := req.Event.Detail.(chat.Due)
	if err := json.Unmarshal(detail.Payload, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("round of a draw: %w", err)
	}
	d, err := req.Tx.Draw(ctx, p.Draw)
	if err != nil || d.State != storage.DrawFrozen || d.Beacon != fair.Drand {
		return bot.Reply{}, err // brought by somebody else meanwhile
	}
	s, err := decode(d)
	if err != nil {
		return bot.Reply{}, err
	}
	if p.Round != d.Round {
		return bot.Reply{}, fmt.Errorf("draw %d: %w", d.ID, errRound)
	}
	return bot.Reply{}, f.withRound(ctx, req, d, s, p.Signature)
}

// withRound verifies the signature and draws.
func (f family) withRound(ctx context.Context, req *bot.Request, d storage.Draw, s Spec, signature string) error {
	if _, err := fair.VerifyRound(d.PublicKey, d.Round, signature); err != nil {
		return fmt.Errorf("draw %d: %w", d.ID, err)
	}
	d.Signature = signature
	return f.finish(ctx, req, d, s)
}

// A signature of a round: 48 bytes. It may come inside of what the network's
// server answers.
var signature = regexp.MustCompile(`(?:^|[^0-9a-f])([0-9a-f]{96})(?:[^0-9a-f]|$)`)

// paste takes public randomness that an administrator brings: the signature of
// the round, which is verified like any other, or the number that was named.
func (f family) paste(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	d, s, err := named(ctx, req, "/draw beacon 12")
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		card
		Chain string
		Value string
	}{f.card(req, d, s), d.Chain, strings.TrimSpace(req.Args.Rest(1))}
	if d.State != storage.DrawFrozen || d.Beacon == fair.None {
		return bot.Reply{}, bot.Refuse("draw.beacon_not_now", view)
	}
	if d.Beacon == fair.Number {
		if view.Value == "" || utf8.RuneCountInString(view.Value) > mostName {
			return bot.Reply{}, bot.Refuse("draw.need_number", view)
		}
		title, err := req.Text("draw.title", view)
		if err != nil {
			return bot.Reply{}, err
		}
		return req.Preview(ctx, actionNumber, title, due{Draw: d.ID, Value: view.Value}, "draw.number_preview", view)
	}
	m := signature.FindStringSubmatch(strings.ToLower(view.Value))
	if m == nil {
		return bot.Reply{}, bot.Refuse("draw.need_round", view)
	}
	if err := f.withRound(ctx, req, d, s, m[1]); err != nil {
		if errors.Is(err, fair.ErrSignature) {
			return bot.Reply{}, bot.Refuse("draw.bad_round", view)
		}
		return bot.Reply{}, err
	}
	_, err = req.Audit(ctx, actionBeacon, nil, due{Draw: d.ID, Value: m[1]}, "", false)
	return bot.Reply{Template: "draw.beacon_done", Data: view}, err
}

// confirmNumber draws with the number that was named beforehand.
func (f family) confirmNumber(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var p due
	if err := json.Unmarshal(data, &p); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of a draw: %w", err)
	}
	d, s, err := lookup(ctx, req, p.Draw)
	if err != nil {
		return bot.Reply{}, err
	}
	c := f.card(req, d, s)
	if d.State != storage.DrawFrozen || d.Beacon != fair.Number {
		return bot.Reply{}, bot.Refuse("draw.beacon_not_now", c)
	}
	d.NumberValue = p.Value
	if err := f.finish(ctx, req, d, s); err != nil {
		return bot.Reply{}, err
	}
	_, err = req.Audit(ctx, actionNumber, nil, due{Draw: d.ID, Value: p.Value}, "", false)
	return bot.Reply{Template: "draw.beacon_done", Data: c}, err
}
