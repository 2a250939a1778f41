package wecombot

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"qunmate/bot/chat"
)

// The codes of Check. The texts are the templates' business. Instants are in
// RFC 3339, empty if there was none.
const (
	checkConnected   = "wecombot.connected"   // since, heard: the long connection of this process
	checkWaiting     = "wecombot.waiting"     // host: running, but not connected just now
	checkDisplaced   = "wecombot.displaced"   // since, tries, next (empty: given up)
	checkReachable   = "wecombot.reachable"   // host: answers; whether bot_id and secret are right was not asked
	checkAccepted    = "wecombot.accepted"    // host: bot_id and secret are right
	checkSecretBad   = "wecombot.secret_bad"  //
	checkUnreachable = "wecombot.unreachable" // host, error
	checkNoMention   = "wecombot.no_mention"  // the name to strip is not configured
	checkCallback    = "wecombot.callback"    // path, heard
	checkRefused     = "wecombot.refused"     // path, signature, stale, replayed, unreadable: counts
	checkGroup       = "wecombot.group"       // id, chat, name of the webhook that stands in: what a group can never do here
	checkGroupPush   = "wecombot.group_push"  // id, chat, code: the last push was refused
)

// Check tells how the connection stands. It never subscribes unless
// Options.Probe allows it: that would take the connection away from the
// process that runs the bot.
func (b *Bot) Check(ctx context.Context, chats []chat.Chat) []chat.Finding {
	out := []chat.Finding{b.checkConnection(ctx)}
	if b.opts.Mode == Callback {
		if r := b.codec.Refusals(); r.Signature+r.Stale+r.Unreadable > 0 {
			number := func(n int64) string { return strconv.FormatInt(n, 10) }
			out = append(out, chat.Finding{Code: checkRefused, Args: map[string]string{
				"path": b.Path(), "signature": number(r.Signature), "stale": number(r.Stale),
				"replayed": number(r.Replayed), "unreadable": number(r.Unreadable),
			}})
		}
	}
	if b.opts.Mention == "" {
		out = append(out, chat.Finding{OK: true, Code: checkNoMention})
	}
	for _, c := range chats {
		if !ours(c.Ref) || c.Type == chat.Private {
			continue
		}
		args := map[string]string{"id": c.Ref.ID, "chat": c.Title, "name": b.opts.Fallbacks[c.Ref.ID].Name}
		if code := b.talks.refusal(c.Ref.ID); code != 0 && args["name"] == "" {
			args["code"] = strconv.FormatInt(code, 10)
			out = append(out, chat.Finding{Code: checkGroupPush, Args: args})
			continue
		}
		out = append(out, chat.Finding{OK: true, Code: checkGroup, Args: args})
	}
	return out
}

func (b *Bot) checkConnection(ctx context.Context) chat.Finding {
	s := b.state.get()
	switch {
	case b.opts.Mode == Callback:
		return chat.Finding{OK: true, Code: checkCallback, Args: map[string]string{"path": b.Path(), "heard": stamp(s.Heard)}}
	case !s.Running:
		return b.ring(ctx)
	case s.Displaced.IsZero() && s.Since.IsZero():
		return chat.Finding{Code: checkWaiting, Args: map[string]string{"host": b.host()}}
	}
	return b.state.finding()
}

// finding is what a connection that stands, or was taken over, says of itself.
func (t *standing) finding() chat.Finding {
	s := t.get()
	if !s.Displaced.IsZero() {
		return chat.Finding{Code: checkDisplaced, Args: map[string]string{
			"since": stamp(s.Displaced), "heard": stamp(s.Heard), "tries": strconv.Itoa(s.Tries), "next": stamp(s.Next),
		}}
	}
	return chat.Finding{OK: true, Code: checkConnected, Args: map[string]string{"since": stamp(s.Since), "heard": stamp(s.Heard)}}
}

// ring asks the server of the long connection whether it is there, and with
// Options.Probe whether it knows us.
func (b *Bot) ring(ctx context.Context) chat.Finding {
	host := map[string]string{"host": b.host()}
	fail := func(err error) chat.Finding {
		return chat.Finding{Code: checkUnreachable, Args: map[string]string{"host": host["host"], "error": err.Error()}}
	}
	// No letter may take this connection, and nobody would hear what comes.
	s, err := b.dial(ctx, func(*session, frame) {}, func(*session) {})
	if err != nil {
		return fail(err)
	}
	defer s.close(errStopping)
	if !b.opts.Probe {
		return chat.Finding{OK: true, Code: checkReachable, Args: host}
	}
	err = b.subscribe(ctx, s)
	switch {
	case errors.Is(err, ErrCredentials):
		return chat.Finding{Code: checkSecretBad}
	case err != nil:
		return fail(err)
	}
	return chat.Finding{OK: true, Code: checkAccepted, Args: host}
}

func (b *Bot) host() string {
	u, err := url.Parse(b.opts.WebSocketURL)
	if err != nil {
		return ""
	}
	return u.Host
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
