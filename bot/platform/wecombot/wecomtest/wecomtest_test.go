package wecomtest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var group = Chat{ID: "wrGROUP_Aa", Group: true}

// client is a bot without any sense of its own.
type client struct {
	t  *testing.T
	ws *websocket.Conn
}

type answer struct {
	Cmd     string          `json:"cmd"`
	Headers Headers         `json:"headers"`
	Code    int64           `json:"errcode"`
	Body    json.RawMessage `json:"body"`
}

func dial(t *testing.T, s *Server) *client {
	t.Helper()
	ws, resp, err := websocket.Dial(t.Context(), s.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	ws.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return &client{t: t, ws: ws}
}

func (c *client) read() answer {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	_, data, err := c.ws.Read(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		c.t.Fatal(err)
	}
	return a
}

// call sends a frame and returns its acknowledgement.
func (c *client) call(cmd, req, body string) answer {
	c.t.Helper()
	frame := `{"cmd":"` + cmd + `","headers":{"req_id":"` + req + `"},"body":` + body + `}`
	if err := c.ws.Write(c.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		c.t.Fatal(err)
	}
	a := c.read()
	if a.Headers.ReqID != req || a.Cmd != "" {
		c.t.Fatalf("%+v is no acknowledgement of %s", a, req)
	}
	return a
}

func subscribed(t *testing.T, s *Server) *client {
	t.Helper()
	c := dial(t, s)
	if a := c.call(CmdSubscribe, "sub", `{"bot_id":"`+s.BotID()+`","secret":"`+s.Secret()+`"}`); a.Code != 0 {
		t.Fatalf("%+v", a)
	}
	return c
}

func TestMistakesAreRefusedAndKept(t *testing.T) {
	t.Parallel()
	const (
		md    = `{"msgtype":"markdown","markdown":{"content":"x"}}`
		card  = `{"card_type":"button_interaction","main_title":{"title":"t"},"button_list":[{"text":"A","key":"/a"}],"task_id":"`
		votes = `{"card_type":"vote_interaction","main_title":{"title":"t"},"submit_button":{"text":"OK","key":"s"},"task_id":"v","checkbox":`
	)
	of := func(card string) string { return `{"msgtype":"template_card","template_card":` + card + `}` }
	to := func(body string) string { return `{"chatid":"` + group.ID + `","chat_type":2,` + body[1:] }
	for name, c := range map[string]struct {
		cmd, req, body string // req: "message", "entry", "click" or an own one
		code           int64
		quiet          bool // it may happen to a good bot
	}{
		"a reply":                     {CmdRespond, "message", md, 0, true},
		"a push":                      {CmdPush, "own", to(md), 0, true},
		"an unknown command":          {"aibot_heartbeat", "own", "{}", CodeInvalid, false},
		"a body of another type":      {CmdRespond, "message", "[]", CodeInvalid, false},
		"a text as a reply":           {CmdRespond, "message", `{"msgtype":"text","text":{"content":"x"}}`, CodeMsgType, false},
		"an unknown type":             {CmdPush, "own", to(`{"msgtype":"poem"}`), CodeMsgType, false},
		"a reply to nothing":          {CmdRespond, "own", md, CodeReqInvalid, true},
		"a reply to an entry":         {CmdRespond, "entry", md, CodeReqInvalid, true},
		"a welcome to a message":      {CmdWelcome, "message", `{"msgtype":"text","text":{"content":"x"}}`, CodeReqInvalid, true},
		"a welcome in markdown":       {CmdWelcome, "entry", md, CodeMsgType, false},
		"a folded chat id":            {CmdPush, "own", `{"chatid":"` + strings.ToLower(group.ID) + `",` + md[1:], CodeChat, false},
		"another chat type":           {CmdPush, "own", `{"chatid":"` + group.ID + `","chat_type":1,` + md[1:], CodeChat, false},
		"nobody has written":          {CmdPush, "own", `{"chatid":"hanmei","chat_type":1,` + md[1:], CodeSilent, true},
		"nothing":                     {CmdRespond, "message", `{"msgtype":"markdown","markdown":{"content":" "}}`, CodeInvalid, false},
		"too much":                    {CmdRespond, "message", `{"msgtype":"markdown","markdown":{"content":"` + strings.Repeat("x", maxContent+1) + `"}}`, CodeInvalid, false},
		"a stream without an id":      {CmdRespond, "message", `{"msgtype":"stream","stream":{"content":"x","finish":true}}`, CodeInvalid, false},
		"a stream of nothing":         {CmdRespond, "message", `{"msgtype":"stream","stream":{"id":"s","finish":true}}`, CodeInvalid, false},
		"media of nobody":             {CmdRespond, "message", `{"msgtype":"file","file":{"media_id":"m"}}`, CodeInvalid, false},
		"media without an id":         {CmdRespond, "message", `{"msgtype":"image"}`, CodeInvalid, false},
		"a card":                      {CmdRespond, "message", of(card + `t1"}`), 0, true},
		"a card without a task":       {CmdRespond, "message", of(card + `"}`), CodeInvalid, false},
		"a card with a strange task":  {CmdRespond, "message", of(card + `a b"}`), CodeInvalid, false},
		"an unknown field":            {CmdRespond, "message", of(card + `t1","colour":1}`), CodeInvalid, false},
		"no title":                    {CmdRespond, "message", of(`{"card_type":"button_interaction"}`), CodeInvalid, false},
		"a long title":                {CmdRespond, "message", of(`{"card_type":"button_interaction","main_title":{"title":"` + strings.Repeat("x", 27) + `"}}`), CodeInvalid, false},
		"no buttons":                  {CmdRespond, "message", of(`{"card_type":"button_interaction","main_title":{"title":"t"},"task_id":"t"}`), CodeInvalid, false},
		"a key twice":                 {CmdRespond, "message", of(`{"card_type":"button_interaction","main_title":{"title":"t"},"task_id":"t","button_list":[{"text":"A","key":"k"},{"text":"B","key":"k"}]}`), CodeInvalid, false},
		"another card":                {CmdRespond, "message", of(`{"card_type":"text_notice","main_title":{"title":"t"}}`), CodeInvalid, false},
		"a long row":                  {CmdRespond, "message", of(`{"card_type":"button_interaction","main_title":{"title":"t"},"horizontal_content_list":[{"keyname":"abcdef"}]}`), CodeInvalid, false},
		"a vote":                      {CmdRespond, "message", of(votes + `{"question_key":"q","option_list":[{"id":"a","text":"A"}]}}`), 0, true},
		"a vote without a question":   {CmdRespond, "message", of(votes + `{"option_list":[{"id":"a","text":"A"}]}}`), CodeInvalid, false},
		"a vote without options":      {CmdRespond, "message", of(votes + `{"question_key":"q"}}`), CodeInvalid, false},
		"an option twice":             {CmdRespond, "message", of(votes + `{"question_key":"q","option_list":[{"id":"a","text":"A"},{"id":"a","text":"B"}]}}`), CodeInvalid, false},
		"an update":                   {CmdUpdate, "click", `{"response_type":"update_template_card","template_card":` + card + `clicked"}}`, 0, true},
		"an update of another card":   {CmdUpdate, "click", `{"response_type":"update_template_card","template_card":` + card + `other"}}`, CodeInvalid, false},
		"an update without its type":  {CmdUpdate, "click", `{"template_card":` + card + `clicked"}}`, CodeInvalid, false},
		"an update as a message":      {CmdUpdate, "click", of(card + `clicked"}`), CodeMsgType, false},
		"an upload of nothing":        {CmdInit, "own", `{"type":"file","filename":"a","total_size":0,"total_chunks":1}`, CodeInvalid, false},
		"an upload in too many parts": {CmdInit, "own", `{"type":"file","filename":"a","total_size":9,"total_chunks":101}`, CodeInvalid, false},
		"a chunk of no upload":        {CmdChunk, "own", `{"upload_id":"u","chunk_index":0,"base64_data":"QQ=="}`, CodeInvalid, false},
		"a chunk of nonsense":         {CmdChunk, "own", `{"base64_data":7}`, CodeInvalid, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(t, Options{})
			bot := subscribed(t, s)
			s.Say(group, "lilei", "hello")
			message := bot.read()
			s.Enter("hanmei")
			entry := bot.read()
			s.Click(group, "lilei", "clicked", "/a")
			click := bot.read()
			req := map[string]string{"message": message.Headers.ReqID, "entry": entry.Headers.ReqID, "click": click.Headers.ReqID, "own": "own-1"}[c.req]
			if a := bot.call(c.cmd, req, c.body); a.Code != c.code {
				t.Errorf("code %d, want %d", a.Code, c.code)
			}
			if p := s.Problems(); (len(p) == 0) != c.quiet {
				t.Errorf("problems: %v", p)
			}
			if n := s.Total(); (n == 1) != (c.code == 0) {
				t.Errorf("%d accepted", n)
			}
		})
	}
}

func TestWhatMayBeAnsweredOnceAndForAWhile(t *testing.T) {
	t.Parallel()
	now := time.Unix(1700000000, 0)
	s := New(t, Options{Now: func() time.Time { return now }, Limits: &Limits{PerMinute: 2, PerHour: 100}})
	bot := subscribed(t, s)
	const text, md = `{"msgtype":"text","text":{"content":"x"}}`, `{"msgtype":"markdown","markdown":{"content":"x"}}`
	s.Enter("lilei")
	entry := bot.read().Headers.ReqID
	if a, b := bot.call(CmdWelcome, entry, text), bot.call(CmdWelcome, entry, text); a.Code != 0 || b.Code != CodeReqExpired {
		t.Errorf("%d and %d", a.Code, b.Code)
	}
	s.Enter("hanmei")
	entry = bot.read().Headers.ReqID
	s.Say(group, "lilei", "hello")
	message := bot.read().Headers.ReqID
	s.mu.Lock()
	now = now.Add(6 * time.Second)
	s.mu.Unlock()
	if a := bot.call(CmdWelcome, entry, text); a.Code != CodeReqExpired {
		t.Errorf("a late welcome: %d", a.Code)
	}
	for i, want := range []int64{0, 0, CodeFrequency} {
		if a := bot.call(CmdRespond, message, md); a.Code != want {
			t.Errorf("reply %d: %d", i, a.Code)
		}
	}
	s.mu.Lock()
	now = now.Add(25 * time.Hour)
	s.mu.Unlock()
	if a := bot.call(CmdRespond, message, md); a.Code != CodeReqExpired {
		t.Errorf("after a day: %d", a.Code)
	}
}

func TestUploadsArePutTogether(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	bot := subscribed(t, s)
	s.Say(group, "lilei", "hello")
	message := bot.read().Headers.ReqID
	begin := func(size string) string {
		var b struct {
			UploadID string `json:"upload_id"`
		}
		a := bot.call(CmdInit, "i", `{"type":"file","filename":"a.txt","total_size":`+size+`,"total_chunks":2}`)
		if err := json.Unmarshal(a.Body, &b); err != nil {
			t.Fatal(err)
		}
		return b.UploadID
	}
	id := begin("6")
	for i, part := range []string{"abc", "def"} {
		data := base64.StdEncoding.EncodeToString([]byte(part))
		if a := bot.call(CmdChunk, "c", `{"upload_id":"`+id+`","chunk_index":`+string(rune('0'+i))+`,"base64_data":"`+data+`"}`); a.Code != 0 {
			t.Errorf("chunk %d: %d", i, a.Code)
		}
	}
	var m struct {
		MediaID string `json:"media_id"`
	}
	if err := json.Unmarshal(bot.call(CmdFinish, "f", `{"upload_id":"`+id+`"}`).Body, &m); err != nil {
		t.Fatal(err)
	}
	if a := bot.call(CmdRespond, message, `{"msgtype":"file","file":{"media_id":"`+m.MediaID+`"}}`); a.Code != 0 || string(s.Sent()[0].File.Data) != "abcdef" {
		t.Errorf("%+v", s.Sent())
	}
	if a := bot.call(CmdFinish, "f", `{"upload_id":"`+begin("7")+`"}`); a.Code != CodeInvalid {
		t.Errorf("an incomplete upload: %d", a.Code)
	}
}

func TestTheNewestSubscriptionWins(t *testing.T) {
	t.Parallel()
	s := New(t, Options{KickClose: -1})
	first := subscribed(t, s)
	second := subscribed(t, s)
	if a := first.read(); a.Cmd != CmdEvent || !bytes.Contains(a.Body, []byte("disconnected_event")) {
		t.Errorf("%+v", a)
	}
	s.Say(group, "lilei", "hello")
	message := second.read()
	// The old one looks healthy and is of no use.
	if a := first.call(CmdPing, "ping_1", "null"); a.Code != 0 {
		t.Errorf("%+v", a)
	}
	if a := first.call(CmdRespond, message.Headers.ReqID, `{"msgtype":"markdown","markdown":{"content":"x"}}`); a.Code != CodeUnsubscribed {
		t.Errorf("%+v", a)
	}
}

func TestFaultsHappenAsOrdered(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	bot := subscribed(t, s)
	s.Say(group, "lilei", "hello")
	message := bot.read().Headers.ReqID
	const md = `{"msgtype":"markdown","markdown":{"content":"x"}}`
	s.Fail(Fault{Cmd: CmdRespond, Code: 7, Times: 2})
	s.Fail(Fault{Chat: "elsewhere", Code: 8, Times: -1})
	for i, want := range []int64{7, 7, 0} {
		if a := bot.call(CmdRespond, message, md); a.Code != want {
			t.Errorf("%d: %d", i, a.Code)
		}
	}
	s.Fail(Fault{Code: 9, Times: -1})
	if a := bot.call(CmdPing, "ping_1", "null"); a.Code != 0 {
		t.Errorf("a ping: %d", a.Code)
	}
	if a := bot.call(CmdRespond, message, md); a.Code != 9 {
		t.Errorf("%d", a.Code)
	}
	s.Heal()
	if a := bot.call(CmdRespond, message, md); a.Code != 0 {
		t.Errorf("healed: %d", a.Code)
	}
}
