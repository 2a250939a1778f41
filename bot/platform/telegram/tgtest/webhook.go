package tgtest

import (
	"bytes"
	"context"
	"hash/fnv"
	"io"
	"net/http"
	"slices"
	"time"
)

// webhook is where updates are sent to, if anywhere.
type webhook struct {
	url, secret string
	lastError   string
	lanes       []*lane
	stop        context.CancelFunc
	client      *http.Client
	calls       int
}

// laneCount keeps far below max_connections' default of 40: each lane is one
// connection of a loopback test.
const laneCount = 16

// lane keeps the order of the chats it is for.
type lane struct {
	list []update
	wake chan struct{}
}

func (s *Server) setWebhook(p params) answer {
	url := p.str("url")
	if url == "" {
		return s.deleteWebhook(p)
	}
	if !allowedURL(url) {
		return bad("bad webhook: An HTTPS URL must be provided for webhook")
	}
	var allowed []string
	if err := p.decode("allowed_updates", &allowed); err != nil {
		return bad(err.Error())
	}
	if p.has("allowed_updates") {
		s.updates.allowed = allowed
		if len(allowed) == 0 {
			s.updates.allowed = nil
		}
	}
	if s.updates.poller != nil {
		close(s.updates.poller) // the poll under way ends with 409
		s.updates.poller = nil
	}
	s.stopWebhookLocked()
	s.hook.url, s.hook.secret, s.hook.lastError = url, p.str("secret_token"), ""
	s.hook.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: laneCount}, Timeout: time.Minute}
	if !s.opts.WebhookByHand {
		s.startWebhookLocked()
	}
	return ok(true)
}

// allowedURL takes https like Telegram, and plain http like a local server.
func allowedURL(u string) bool {
	return len(u) > 8 && (u[:8] == "https://" || u[:7] == "http://")
}

func (s *Server) deleteWebhook(params) answer {
	s.stopWebhookLocked()
	s.hook = webhook{calls: s.hook.calls}
	return ok(true)
}

func (s *Server) getWebhookInfo(params) answer {
	m := map[string]any{"url": s.hook.url, "has_custom_certificate": false, "pending_update_count": len(s.updates.list)}
	if s.hook.lastError != "" {
		m["last_error_message"], m["last_error_date"] = s.hook.lastError, s.opts.Now().Unix()
	}
	return ok(m)
}

func (s *Server) startWebhookLocked() {
	ctx, stop := context.WithCancel(s.life)
	s.hook.stop = stop
	for range laneCount {
		l := &lane{wake: make(chan struct{}, 1)}
		s.hook.lanes = append(s.hook.lanes, l)
		s.bg.Go(func() { s.deliverAll(ctx, l) })
	}
	for _, u := range s.updates.list {
		s.pushLocked(u)
	}
}

func (s *Server) stopWebhookLocked() {
	if s.hook.stop != nil {
		s.hook.stop()
	}
	s.hook.stop, s.hook.lanes = nil, nil
}

// pushLocked gives an update to the lane that keeps its chat's order.
func (s *Server) pushLocked(u update) {
	if len(s.hook.lanes) == 0 {
		return
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(u.key))
	l := s.hook.lanes[h.Sum32()%laneCount]
	l.list = append(l.list, u)
	select {
	case l.wake <- struct{}{}:
	default: // it is awake
	}
}

func (s *Server) deliverAll(ctx context.Context, l *lane) {
	for {
		s.mu.Lock()
		var u update
		some := len(l.list) > 0
		if some {
			u, l.list = l.list[0], l.list[1:]
		}
		s.mu.Unlock()
		if !some {
			select {
			case <-l.wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		for n := 1; !s.deliver(ctx, u); n++ {
			timer := time.NewTimer(s.opts.WebhookRetry(n))
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return
			}
		}
	}
}

// deliver makes one call; only a 2xx answer confirms.
func (s *Server) deliver(ctx context.Context, u update) bool {
	s.mu.Lock()
	url, secret := s.hook.url, s.hook.secret
	s.mu.Unlock()
	if url == "" {
		return false
	}
	status, err := s.post(ctx, url, secret, u.body)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notifyLocked()
	s.hook.calls++
	if err != nil || status < 200 || status > 299 {
		s.hook.lastError = "Wrong response from the webhook: " + http.StatusText(status)
		if err != nil {
			s.hook.lastError = "Connection failed"
		}
		return false
	}
	s.updates.remove(u.id)
	return true
}

func (s *Server) post(ctx context.Context, url, secret string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	client := http.DefaultClient
	s.mu.Lock()
	if s.hook.client != nil {
		client = s.hook.client
	}
	s.mu.Unlock()
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// DeliverWebhooks calls the webhook once for every waiting update, in order,
// and returns how many were confirmed and how many were not. With
// Options.WebhookByHand it is the only delivery there is.
func (s *Server) DeliverWebhooks(ctx context.Context) (confirmed, refused int) {
	s.mu.Lock()
	list := slices.Clone(s.updates.list)
	s.mu.Unlock()
	for _, u := range list {
		if s.deliver(ctx, u) {
			confirmed++
		} else {
			refused++
		}
	}
	return confirmed, refused
}

// Hook is the registered webhook: address and secret, empty if none is set.
func (s *Server) Hook() (url, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hook.url, s.hook.secret
}

// HookCalls counts the webhook calls made, refused ones included.
func (s *Server) HookCalls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hook.calls
}

// SetHook registers a webhook as somebody else would: behind the bot's back.
func (s *Server) SetHook(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setWebhook(params{values: map[string]string{"url": url}})
}

// HookFailed lets getWebhookInfo tell of a failed delivery.
func (s *Server) HookFailed(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook.lastError = why
}
