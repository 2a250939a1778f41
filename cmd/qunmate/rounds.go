package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/platform/sandbox"
	"qunmate/commands/draw"
	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// rounds brings public randomness to the draws that wait for it: fetched
// outside of any transaction, verified, and handed in as an event.
type rounds struct {
	db     *storage.DB
	clock  *bot.Clock
	log    interface{ Warn(string, ...any) }
	hand   chat.Deliver
	source source
	after  map[int64]pause // draws whose round could not be had
}

// source brings the signature of a round. It asks good about what it gets, so
// that an address which answers with something else is passed over like one
// that does not answer.
type source func(ctx context.Context, chain string, round int64, good func(signature string) error) (string, error)

// pause is how long a source that did not answer is left alone.
type pause struct {
	until time.Time
	next  time.Duration
}

const (
	roundsEvery  = 2 * time.Second
	roundTimeout = 10 * time.Second
	firstPause   = 3 * time.Second
	longestPause = 2 * time.Minute
	mostRound    = 16 << 10 // bytes of an answer
)

// run looks for draws that wait until ctx ends.
func (w *rounds) run(ctx context.Context) {
	w.after = map[int64]pause{}
	tick := time.NewTicker(roundsEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		changed := w.clock.Changed()
		if err := w.look(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, bot.ErrStopped) {
			w.log.Warn("rounds of public randomness", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-changed:
		}
	}
}

// look brings what is there for the draws that wait now.
func (w *rounds) look(ctx context.Context) error {
	type waiting struct {
		draw storage.Draw
		chat storage.Chat
	}
	var all []waiting
	now := w.clock.Now()
	err := w.db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		awaited, err := r.AwaitedRounds(ctx, 100)
		if err != nil {
			return err
		}
		for _, d := range awaited {
			if fair.RoundTime(d.Round).After(now) || w.after[d.ID].until.After(now) {
				continue
			}
			c, err := r.Chat(ctx, d.ChatID)
			if err != nil {
				return err
			}
			all = append(all, waiting{d, c})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, one := range all {
		signature, err := w.fetch(ctx, one.draw)
		if err != nil {
			w.rest(one.draw, now, err)
			continue
		}
		if err := w.bring(ctx, one.draw, one.chat, signature, now); err != nil {
			return err
		}
		delete(w.after, one.draw.ID)
	}
	return nil
}

// rest leaves a draw alone for a while, longer each time.
func (w *rounds) rest(d storage.Draw, now time.Time, err error) {
	p := w.after[d.ID]
	if p.next == 0 {
		p.next = firstPause
		w.log.Warn("a draw waits for public randomness that cannot be had; it goes on trying", "draw", d.ID, "round", d.Round, "err", err)
	}
	p.until, p.next = now.Add(p.next), min(2*p.next, longestPause)
	w.after[d.ID] = p
}

// fetch asks for a round and verifies it before anything is told of it.
func (w *rounds) fetch(ctx context.Context, d storage.Draw) (string, error) {
	return w.source(ctx, d.Chain, d.Round, func(signature string) error {
		_, err := fair.VerifyRound(d.PublicKey, d.Round, signature)
		return err
	})
}

func (w *rounds) bring(ctx context.Context, d storage.Draw, c storage.Chat, signature string, now time.Time) error {
	payload, err := json.Marshal(draw.Round{Draw: d.ID, Round: d.Round, Signature: signature})
	if err != nil {
		return err
	}
	key := fmt.Sprintf("draw:%d:round:%d", d.ID, d.Round)
	return w.hand(ctx, []chat.Event{{
		ID:   chat.Ref{Domain: "beacon", ID: key},
		Chat: chat.Chat{Ref: chat.Ref{Domain: c.Domain, ID: c.ExternalID}, Type: chat.ChatType(c.Kind), Title: c.Title, Public: c.Public},
		Kind: chat.Timer, At: now, Detail: chat.Due{Key: key, Task: draw.TaskRound, Payload: payload, At: now},
	}})
}

// drandSource asks the configured addresses in turn:
// GET {url}/{chain}/public/{round}. Each has the client's whole time: where the
// first one's packets are swallowed, the second is asked all the same.
func drandSource(urls []string, client *http.Client) source {
	return func(ctx context.Context, chain string, round int64, good func(string) error) (string, error) {
		failed := []error{}
		for _, base := range urls {
			address := fmt.Sprintf("%s/%s/public/%d", strings.TrimRight(base, "/"), chain, round)
			signature, err := askDrand(ctx, client, address, round)
			if err == nil {
				if err = good(signature); err == nil {
					return signature, nil
				}
				err = fmt.Errorf("%s: %w", address, err)
			}
			failed = append(failed, err)
		}
		if len(failed) == 0 {
			return "", errors.New("draw.urls is empty")
		}
		return "", errors.Join(failed...)
	}
}

func askDrand(ctx context.Context, client *http.Client, address string, round int64) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", address, res.Status)
	}
	var answer struct {
		Round     int64  `json:"round"`
		Signature string `json:"signature"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, mostRound)).Decode(&answer); err != nil {
		return "", fmt.Errorf("%s: %w", address, err)
	}
	if answer.Round != round {
		return "", fmt.Errorf("%s: answered with round %d", address, answer.Round)
	}
	return answer.Signature, nil
}

// ownNetwork signs the sandbox's rounds: its clock runs ahead of drand's. What
// it signs is labelled in every receipt.
func (h *house) ownNetwork() *fair.Network {
	if h.cfg.Draw.Beacon != fair.Drand || !h.cfg.SandboxOn() || len(h.cfg.Connections()) > 0 || h.cfg.Draw.Chain != fair.QuicknetChain {
		return nil
	}
	return fair.NewNetwork([]byte("qunmate sandbox"))
}

// drawOptions are the draws' part of the configuration.
func (h *house) drawOptions() draw.Options {
	o := draw.Options{Random: random, Beacon: h.cfg.Draw.Beacon, Chain: h.cfg.Draw.Chain, PublicKey: h.cfg.Draw.PublicKey, Invites: invited}
	if own := h.ownNetwork(); own != nil {
		o.Chain, o.PublicKey = own.Chain, own.Key
	}
	o.VerifyURL = func(domain string) string {
		if base := strings.TrimRight(h.cfg.HTTP.PublicURL, "/"); base != "" {
			return base + verifyPath
		}
		// The sandbox is looked at where the program runs; nobody else is.
		if base := h.doors.base(); base != "" && domain == sandbox.Domain {
			return base + verifyPath
		}
		return ""
	}
	return o
}

// invited counts the people somebody brought who have stayed: what a draw's
// condition asks for.
func invited(ctx context.Context, req *bot.Request, personID int64) (int64, error) {
	all, err := req.Tx.InvitesBy(ctx, req.Community, personID)
	var n int64
	for _, i := range all {
		if i.State == storage.InviteVested {
			n++
		}
	}
	return n, err
}

// newRounds makes the loop that fetches public randomness.
func (h *house) newRounds() *rounds {
	w := &rounds{db: h.db, clock: h.clock, log: h.log, hand: h.engine.Door("")}
	if own := h.ownNetwork(); own != nil {
		w.source = func(_ context.Context, _ string, round int64, _ func(string) error) (string, error) {
			return own.Sign(round)
		}
	} else {
		w.source = drandSource(h.cfg.Draw.URLs, &http.Client{Timeout: roundTimeout})
	}
	return w
}
