package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"qunmate/bot/chat"

	tg "github.com/go-telegram/bot"
)

const (
	secretHeader = "X-Telegram-Bot-Api-Secret-Token" //nolint:gosec // the name of a header
	maxBody      = 1 << 20                           // an update is a few kilobytes
)

// hook is the way from the handler to the engine while Run is running.
type hook struct {
	mu      sync.RWMutex // held for reading by calls under way
	deliver chat.Deliver // ends with Run's context and with the caller's
}

// set waits for calls under way; by the time Run takes deliver away, its
// context has ended for them too.
func (h *hook) set(deliver chat.Deliver) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deliver = deliver
}

// serve registers the webhook and lets the handler deliver until ctx ends.
func (t *Telegram) serve(ctx context.Context, deliver chat.Deliver) error {
	// Open before registering: Telegram may call before setWebhook returns.
	t.hook.set(func(caller context.Context, events []chat.Event) error {
		both, cancel := context.WithCancel(caller)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		return deliver(both, events)
	})
	defer t.hook.set(nil)
	trouble := t.newTrouble("setWebhook")
	for {
		err := t.setWebhook(ctx)
		if err == nil {
			trouble.over()
			break
		}
		if wrongToken(err) {
			return fmt.Errorf("%w: %w", ErrToken, err)
		}
		if !trouble.wait(ctx, err) {
			return nil
		}
	}
	<-ctx.Done()
	return nil
}

func (t *Telegram) setWebhook(ctx context.Context) error {
	ctx, cancel := t.callContext(ctx, 0)
	defer cancel()
	_, err := t.api.SetWebhook(ctx, &tg.SetWebhookParams{
		URL: t.hookURL(), SecretToken: t.opts.WebhookSecret, AllowedUpdates: allowedUpdates,
	})
	return err
}

func (t *Telegram) hookURL() string { return t.opts.PublicURL + t.Path() }

// Path is where the handler is mounted, "/telegram/<name>"; it is empty when
// the connection polls and has no handler.
func (t *Telegram) Path() string {
	if t.opts.Mode != Webhook {
		return ""
	}
	return "/telegram/" + t.opts.Name
}

// ServeHTTP takes one update. The answer is 200 with an empty body only after
// the update is committed; anything else makes Telegram try again. Calls may
// come in parallel: Telegram keeps the order within a chat itself.
func (t *Telegram) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(t.receive(w, r))
}

func (t *Telegram) receive(w http.ResponseWriter, r *http.Request) int {
	if t.opts.Mode != Webhook {
		return http.StatusNotFound
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed
	}
	if !t.knowsSecret(r) {
		return http.StatusUnauthorized
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			return http.StatusRequestEntityTooLarge
		}
		return http.StatusBadRequest
	}
	var head struct {
		ID *int64 `json:"update_id"`
	}
	if json.Unmarshal(body, &head) != nil || head.ID == nil {
		return http.StatusBadRequest
	}
	return t.take(r.Context(), body)
}

// knowsSecret compares hashes, so that neither the content nor the length of
// the secret shows in the time it takes.
func (t *Telegram) knowsSecret(r *http.Request) bool {
	got := sha256.Sum256([]byte(r.Header.Get(secretHeader)))
	want := sha256.Sum256([]byte(t.opts.WebhookSecret))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func (t *Telegram) take(ctx context.Context, body []byte) int {
	t.hook.mu.RLock()
	defer t.hook.mu.RUnlock()
	if t.hook.deliver == nil {
		return http.StatusServiceUnavailable
	}
	b := t.read([]json.RawMessage{body})
	if len(b.events) > 0 {
		if err := t.hook.deliver(ctx, b.events); err != nil {
			t.log.Debug("telegram: an update was not taken in, Telegram will repeat it", "err", err)
			return http.StatusServiceUnavailable
		}
	}
	t.queries.arm(b.queries)
	return http.StatusOK
}

// hostOf shortens an address to what is safe to show: its path may be a secret.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
