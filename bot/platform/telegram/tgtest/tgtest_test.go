package tgtest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/platform/internal/memhttp"
)

var (
	group = Chat{ID: -100, Title: "G"}
	alice = User{ID: 5, First: "Alice", Handle: "alice"}
)

type reply struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		Migrate    int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

// do calls a method with JSON parameters.
func do(t *testing.T, s *Server, method, params string) reply {
	t.Helper()
	r, err := try(t.Context(), s, method, params)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func try(ctx context.Context, s *Server, method, params string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/bot"+s.Token()+"/"+method, strings.NewReader(params))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.Transport().RoundTrip(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}, err
	}
	var r reply
	err = json.Unmarshal(raw, &r)
	return r, err
}

func ids(t *testing.T, r reply) []int64 {
	t.Helper()
	var list []struct {
		ID int64 `json:"update_id"`
	}
	if err := json.Unmarshal(r.Result, &list); err != nil {
		t.Fatal(err)
	}
	var out []int64
	for _, u := range list {
		out = append(out, u.ID)
	}
	return out
}

func TestUpdatesStayUntilAHigherOffsetConfirmsThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Options{})
		defer s.Close()
		var all []int64
		for range 150 {
			all = append(all, s.Say(group, alice, "x").UpdateID)
		}
		page := ids(t, do(t, s, "getUpdates", `{}`))
		if len(page) != 100 || page[0] != all[0] {
			t.Fatalf("%d updates from %d", len(page), page[0])
		}
		if again := ids(t, do(t, s, "getUpdates", `{}`)); len(again) != 1 {
			t.Errorf("an offset repeated at once gave %d updates", len(again))
		}
		time.Sleep(time.Second)
		if again := ids(t, do(t, s, "getUpdates", `{}`)); len(again) != 100 {
			t.Errorf("redelivered %d", len(again))
		}
		rest := ids(t, do(t, s, "getUpdates", `{"offset":`+strconv.FormatInt(page[99]+1, 10)+`}`))
		if len(rest) != 50 || s.Pending() != 50 {
			t.Errorf("rest %d, pending %d", len(rest), s.Pending())
		}
		begin := time.Now()
		if none := ids(t, do(t, s, "getUpdates", `{"offset":`+strconv.FormatInt(rest[49]+1, 10)+`,"timeout":30}`)); len(none) != 0 || time.Since(begin) != 30*time.Second {
			t.Errorf("%d updates after %s", len(none), time.Since(begin))
		}
	})
}

func TestOnlyOnePollerAndNoneBesideAWebhook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Options{WebhookByHand: true})
		defer s.Close()
		first := make(chan reply)
		go func() {
			r, _ := try(t.Context(), s, "getUpdates", `{"timeout":50}`)
			first <- r
		}()
		synctest.Wait()
		second := make(chan reply)
		go func() {
			r, _ := try(t.Context(), s, "getUpdates", `{"timeout":50}`)
			second <- r
		}()
		if r := <-first; r.Code != 409 || !strings.Contains(r.Description, "other getUpdates") {
			t.Errorf("%+v", r)
		}
		synctest.Wait()
		do(t, s, "setWebhook", `{"url":"https://x.example"}`)
		if r := <-second; r.Code != 409 {
			t.Errorf("%+v", r)
		}
		if r := do(t, s, "getUpdates", `{}`); r.Code != 409 || !strings.Contains(r.Description, "webhook") {
			t.Errorf("%+v", r)
		}
		do(t, s, "deleteWebhook", `{}`)
		if r := do(t, s, "getUpdates", `{}`); !r.OK {
			t.Errorf("%+v", r)
		}
	})
}

func TestKindsAreFilteredWhenTheyAreMade(t *testing.T) {
	t.Parallel()
	s := NewServer(Options{})
	defer s.Close()
	s.MemberChanged(group, alice, Member{User: User{ID: 6, First: "B"}, Status: "member"}, "")
	s.Say(group, alice, "x")
	if n := s.Pending(); n != 1 {
		t.Errorf("%d pending without chat_member", n)
	}
	do(t, s, "getUpdates", `{"allowed_updates":["chat_member"]}`)
	s.MemberChanged(group, alice, Member{User: User{ID: 6, First: "B"}, Status: "left"}, "")
	s.Say(group, alice, "x")
	if n := s.Pending(); n != 2 {
		t.Errorf("%d pending with chat_member alone", n)
	}
}

func TestTextsAreCheckedAsTelegramDoes(t *testing.T) {
	t.Parallel()
	s := NewServer(Options{})
	defer s.Close()
	s.AddChat(group)
	send := func(fields map[string]any) reply {
		t.Helper()
		fields["chat_id"] = group.ID
		raw, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		return do(t, s, "sendMessage", string(raw))
	}
	for text, want := range map[string]string{
		"a <b>b</b> &lt;c&gt; &amp;":             "",
		`<a href="tg://user?id=5">A</a>`:         "",
		"a < b":                                  "can't parse entities",
		"<b>a":                                   "can't parse entities",
		"a</b>":                                  "can't parse entities",
		"<b><i>a</b></i>":                        "can't parse entities",
		"<br>":                                   "can't parse entities",
		"<at id=\"1\">x</at>":                    "can't parse entities",
		"<b> </b>":                               "text is empty",
		strings.Repeat("\U0001f44d", 2048):       "",
		strings.Repeat("\U0001f44d", 2048) + "x": "too long",
	} {
		r := send(map[string]any{"text": text, "parse_mode": "HTML"})
		if r.OK != (want == "") || !strings.Contains(r.Description, want) {
			t.Errorf("%.40s: %+v", text, r)
		}
	}
	button := func(b map[string]any) reply {
		return send(map[string]any{"text": "x", "reply_markup": map[string]any{"inline_keyboard": [][]any{{b}}}})
	}
	if r := button(map[string]any{"text": "x", "callback_data": strings.Repeat("y", 65)}); r.Code != 400 {
		t.Errorf("%+v", r)
	}
	if r := button(map[string]any{"text": "x", "callback_data": strings.Repeat("y", 64)}); !r.OK {
		t.Errorf("%+v", r)
	}
	if r := send(map[string]any{"text": "x", "reply_parameters": map[string]any{"message_id": 99}}); r.Code != 400 {
		t.Errorf("%+v", r)
	}
	if r := send(map[string]any{"text": "x", "message_thread_id": 4}); r.Code != 400 {
		t.Errorf("%+v", r)
	}
	send(map[string]any{"text": "x", "allow_paid_broadcast": true})
	if p := s.Problems(); len(p) != 1 {
		t.Errorf("%v", p)
	}
}

func TestLimitsAreEnforcedWithTheirWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Options{Limits: Strict()})
		defer s.Close()
		s.AddChat(group)
		send := func(chat int64) reply {
			return do(t, s, "sendMessage", `{"chat_id":`+strconv.FormatInt(chat, 10)+`,"text":"x"}`)
		}
		for range 5 {
			if r := send(group.ID); !r.OK {
				t.Fatalf("%+v", r)
			}
		}
		if r := send(group.ID); r.Code != 429 || r.Parameters.RetryAfter != 1 {
			t.Errorf("burst: %+v", r)
		}
		for range 15 {
			time.Sleep(time.Second)
			if r := send(group.ID); !r.OK {
				t.Fatalf("%+v", r)
			}
		}
		time.Sleep(time.Second)
		r := send(group.ID)
		if r.Code != 429 || r.Parameters.RetryAfter != 44 {
			t.Errorf("minute: %+v", r)
		}
		time.Sleep(time.Duration(r.Parameters.RetryAfter) * time.Second)
		if r := send(group.ID); !r.OK {
			t.Errorf("after the wait: %+v", r)
		}
		time.Sleep(time.Minute)
		refused := 0
		for i := range int64(40) {
			s.AddChat(Chat{ID: -200 - i})
			if !send(-200 - i).OK {
				refused++
			}
		}
		if refused != 10 || s.Throttled() != 12 {
			t.Errorf("%d of 40 refused, %d in all", refused, s.Throttled())
		}
	})
}

func TestChatsThatCannotBeWrittenTo(t *testing.T) {
	t.Parallel()
	s := NewServer(Options{})
	defer s.Close()
	old, kicked := Chat{ID: -1, Type: "group"}, Chat{ID: -2}
	s.AddChat(old)
	s.Migrate(old, group)
	s.Kick(kicked)
	s.Say(group, alice, "x")
	s.Say(User{ID: 6, First: "B"}.Direct(), User{ID: 6, First: "B"}, "/start")
	s.Block(6)
	for id, want := range map[int64]string{
		-1: "upgraded", -2: "kicked", 5: "can't initiate", 6: "blocked", 7: "chat not found", -3: "chat not found",
	} {
		r := do(t, s, "sendMessage", `{"chat_id":`+strconv.FormatInt(id, 10)+`,"text":"x"}`)
		if r.OK || !strings.Contains(r.Description, want) || (id == -1) != (r.Parameters.Migrate == group.ID) {
			t.Errorf("%d: %+v", id, r)
		}
	}
}

func TestFaultsComeInOrderAndAreUsedUp(t *testing.T) {
	t.Parallel()
	s := NewServer(Options{})
	defer s.Close()
	s.AddChat(group)
	s.Fail(Fault{Method: "sendMessage", Status: 500, Times: 2})
	s.Fail(Fault{Method: "sendMessage", Drop: AfterEffect})
	send := func() (reply, error) {
		return try(t.Context(), s, "sendMessage", `{"chat_id":-100,"text":"x"}`)
	}
	for range 2 {
		if r, err := send(); err != nil || r.Code != 500 {
			t.Errorf("%+v %v", r, err)
		}
	}
	if _, err := send(); !errors.Is(err, memhttp.ErrDropped) {
		t.Error(err)
	}
	if r, err := send(); err != nil || !r.OK || s.Total() != 2 {
		t.Errorf("%+v %v, %d sent", r, err, s.Total())
	}
}

func TestEntitiesAreFoundInUTF16(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"/checkin@bot_x now @alice": "bot_command 0 14, mention 19 6",
		"\U0001f44d /me":            "bot_command 3 3",
		"a/b mail@example.org":      "",
		"@abc @abcd":                "mention 5 5",
		"plain":                     "",
		"//x":                       "",
	} {
		var got []string
		for _, e := range Entities(text) {
			kind, _ := e["type"].(string)
			off, _ := e["offset"].(int)
			n, _ := e["length"].(int)
			got = append(got, kind+" "+strconv.Itoa(off)+" "+strconv.Itoa(n))
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%q: %s, want %s", text, s, want)
		}
	}
}

func TestFedUpdatesAreMadeOnDemandAndNothingIsKept(t *testing.T) {
	t.Parallel()
	sent := 0
	s := NewServer(Options{Lean: true, OnSent: func(Sent) { sent++ }})
	defer s.Close()
	s.AddChat(group)
	made := 0
	s.Feed(func(id int64) []byte {
		if made == 1000 {
			return nil
		}
		made++
		return MessageJSON(id, int64(made), 1, group, alice, "/checkin")
	})
	offset, got := int64(0), 0
	for {
		page := ids(t, do(t, s, "getUpdates", `{"offset":`+strconv.FormatInt(offset, 10)+`}`))
		if len(page) == 0 {
			break
		}
		if made > got+100 {
			t.Fatalf("%d made ahead", made-got)
		}
		got += len(page)
		offset = page[len(page)-1] + 1
		do(t, s, "sendMessage", `{"chat_id":-100,"text":"x"}`)
	}
	if got != 1000 || s.Total() != 10 || sent != 10 || len(s.Sent()) != 0 {
		t.Errorf("%d updates, %d sent, %d seen, %d kept", got, s.Total(), sent, len(s.Sent()))
	}
	if err := s.WaitConfirmed(t.Context()); err != nil {
		t.Error(err)
	}
}
