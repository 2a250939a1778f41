package wecomtest

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Frame is one message of the long connection.
type Frame struct {
	Cmd     string          `json:"cmd,omitempty"`
	Headers Headers         `json:"headers"`
	Body    json.RawMessage `json:"body,omitempty"`
}

// Headers of a frame.
type Headers struct {
	ReqID string `json:"req_id"`
}

// ack is an acknowledgement: it has no command.
type ack struct {
	Headers Headers `json:"headers"`
	Code    int64   `json:"errcode"`
	Msg     string  `json:"errmsg"`
	Body    any     `json:"body,omitempty"`
}

// conn is one long connection.
type conn struct {
	ws   *websocket.Conn
	life context.Context
	end  context.CancelFunc

	mu     sync.Mutex
	out    [][]byte
	wake   chan struct{}
	flying map[string]bool // req_ids without an acknowledgement yet
}

func (s *Server) accept(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	ws.SetReadLimit(4 << 20)
	c := &conn{ws: ws, wake: make(chan struct{}, 1), flying: map[string]bool{}}
	c.life, c.end = context.WithCancel(s.life)
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.dialled++
	s.notifyLocked()
	s.mu.Unlock()
	s.bg.Go(c.write)
	s.listen(c)
}

// write sends what waits, in order; the reader never waits for it.
func (c *conn) write() {
	for {
		c.mu.Lock()
		var data []byte
		some := len(c.out) > 0
		if some {
			data, c.out = c.out[0], c.out[1:]
		}
		c.mu.Unlock()
		if !some {
			select {
			case <-c.wake:
				continue
			case <-c.life.Done():
				return
			}
		}
		if c.ws.Write(c.life, websocket.MessageText, data) != nil {
			c.end()
			return
		}
	}
}

func (c *conn) send(data []byte) {
	c.mu.Lock()
	c.out = append(c.out, data)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *conn) sendJSON(v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic("wecomtest: " + err.Error())
	}
	c.send(data)
}

// close cuts the connection, without a close frame: as a network does.
func (c *conn) close() {
	c.end()
	_ = c.ws.CloseNow()
}

func (s *Server) listen(c *conn) {
	defer func() {
		c.close()
		s.mu.Lock()
		delete(s.conns, c)
		if s.current == c {
			s.current = nil
		}
		s.notifyLocked()
		s.mu.Unlock()
	}()
	for {
		_, data, err := c.ws.Read(c.life)
		if err != nil {
			return
		}
		var f Frame
		if err := json.Unmarshal(data, &f); err != nil || f.Headers.ReqID == "" {
			s.mu.Lock()
			s.problemLocked("a frame without a req_id, or no JSON: %.200s", data)
			s.mu.Unlock()
			continue
		}
		s.frame(c, f)
	}
}

// frame handles one frame of the client.
func (s *Server) frame(c *conn, f Frame) {
	c.mu.Lock()
	twice := c.flying[f.Headers.ReqID]
	c.flying[f.Headers.ReqID] = true
	c.mu.Unlock()
	s.mu.Lock()
	s.calls[f.Cmd]++
	if twice {
		s.problemLocked("%s: two frames in flight for %s", f.Cmd, f.Headers.ReqID)
	}
	fault := s.takeFaultLocked(f)
	deaf := s.deaf && f.Cmd == CmdPing
	s.notifyLocked()
	s.mu.Unlock()
	switch {
	case deaf:
	case fault == nil:
		s.answer(c, f, nil)
	case fault.Delay > 0 || fault.Hold != nil:
		s.bg.Go(func() {
			if fault.wait(c.life) {
				s.answer(c, f, fault)
			}
		})
	default:
		s.answer(c, f, fault)
	}
}

func (s *Server) answer(c *conn, f Frame, fault *Fault) {
	if fault != nil && fault.Drop == BeforeEffect {
		c.close()
		return
	}
	a := ack{Headers: f.Headers, Msg: "ok"}
	switch {
	case fault != nil && fault.Swallow:
		return
	case fault != nil && fault.Code != 0:
		a.Code, a.Msg = fault.Code, fault.message()
	default:
		s.mu.Lock()
		a.Code, a.Msg, a.Body = s.doLocked(c, f)
		s.notifyLocked()
		s.mu.Unlock()
	}
	if fault != nil && fault.Drop == AfterEffect {
		c.close()
		return
	}
	if fault != nil && fault.Garble {
		c.send([]byte(`{"headers":{"req_id":"` + f.Headers.ReqID + `","errcode":0`))
	}
	if fault != nil && (fault.LostAck || fault.Garble) {
		return
	}
	c.mu.Lock()
	delete(c.flying, f.Headers.ReqID)
	c.mu.Unlock()
	c.sendJSON(a)
	if f.Cmd == CmdSubscribe && a.Code == 0 {
		s.flush(c)
	}
}

// subscribeLocked makes a connection the bot's. The newest wins: the one
// before is told at once and closed later.
func (s *Server) subscribeLocked(c *conn, body json.RawMessage) (int64, string) {
	var b struct {
		BotID  string `json:"bot_id"`
		Secret string `json:"secret"`
	}
	if json.Unmarshal(body, &b) != nil || b.BotID != s.opts.BotID || b.Secret != s.opts.Secret {
		// The server leaves the connection open (measured).
		return CodeCredentials, "invalid bot_id or secret"
	}
	s.subs++
	if old := s.current; old != nil && old != c {
		s.kickLocked(old)
	}
	s.current = c
	return 0, "ok"
}

func (s *Server) kickLocked(old *conn) {
	s.kicks++
	s.next++
	old.sendJSON(map[string]any{
		"cmd": CmdEvent, "headers": Headers{ReqID: s.idLocked("req")},
		"body": map[string]any{
			"msgid": s.idLocked("msg"), "create_time": s.opts.Now().Unix(), "aibotid": s.opts.BotID,
			"msgtype": "event", "event": map[string]any{"eventtype": "disconnected_event"},
		},
	})
	if s.opts.KickClose > 0 {
		s.bg.Go(func() {
			timer := time.NewTimer(s.opts.KickClose)
			defer timer.Stop()
			select {
			case <-timer.C:
				old.close()
			case <-old.life.Done():
			}
		})
	}
}

// Displace is another process that subscribes with the bot's credentials. It
// does nothing with the connection; Retire lets it go.
func (s *Server) Displace() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.current; old != nil {
		s.current = nil
		s.kickLocked(old)
	}
	s.notifyLocked()
}

// Drop cuts all connections.
func (s *Server) Drop() {
	s.mu.Lock()
	list := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		list = append(list, c)
	}
	s.current = nil // from now on messages wait for the next connection
	s.mu.Unlock()
	for _, c := range list {
		c.close()
	}
}

// Deafen makes pings unanswered, or answered again.
func (s *Server) Deafen(deaf bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = deaf
}
