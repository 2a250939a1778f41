package tgtest

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Poll is a poll of the bot in Telegram's own form.
type Poll struct {
	ID        string
	Chat      int64
	MessageID int64
	Question  string
	Options   []string
	Multi     bool
	Revote    bool
	Protected bool // cannot be forwarded
	Closes    time.Time
	Closed    bool
	Quiz      bool
	Right     int // of a quiz, from 0
	Explain   string
	votes     map[int64][]int
}

// Votes counts a poll's votes, as Telegram's clients show them.
func (p Poll) Votes() []int {
	out := make([]int, len(p.Options))
	for _, v := range p.votes {
		for _, o := range v {
			out[o]++
		}
	}
	return out
}

// sendPoll as documented: 2–12 options of 1–100 characters, a question of
// 1–300, an end 5 to 2,628,000 seconds off.
func (s *Server) sendPoll(p params) answer {
	st, no := s.findLocked(p)
	if st == nil {
		return no
	}
	if no := s.mayWrite(st); no.code != 0 {
		return no
	}
	var options []struct {
		Text string `json:"text"`
	}
	if err := p.decode("options", &options); err != nil {
		return bad(err.Error())
	}
	poll := &Poll{
		Chat: st.chat.ID, Question: p.str("question"), Multi: p.str("allows_multiple_answers") == "true",
		Revote: p.str("allows_revoting") == "true", Protected: p.str("protect_content") == "true", votes: map[int64][]int{},
	}
	if n := utf8.RuneCountInString(poll.Question); n < 1 || n > 300 {
		return bad("poll question must have 1–300 characters")
	}
	if len(options) < 2 || len(options) > 12 {
		return bad("poll must have at least 2 options and at most 12")
	}
	for _, o := range options {
		if n := utf8.RuneCountInString(o.Text); n < 1 || n > 100 {
			return bad("poll options length must not exceed 100")
		}
		poll.Options = append(poll.Options, o.Text)
	}
	if p.str("is_anonymous") != "false" {
		return bad("tgtest: an anonymous poll tells the bot nothing")
	}
	if p.str("type") == "quiz" {
		var right []int
		if err := p.decode("correct_option_ids", &right); err != nil || len(right) != 1 || right[0] < 0 || right[0] >= len(options) || p.num("correct_option_id") != int64(right[0]) {
			return bad("quiz must have a correct option")
		}
		if poll.Multi || poll.Revote || utf8.RuneCountInString(p.str("explanation")) > 200 {
			return bad("wrong quiz")
		}
		poll.Quiz, poll.Right, poll.Explain = true, right[0], p.str("explanation")
	}
	if at := p.num("close_date"); at != 0 {
		poll.Closes = time.Unix(at, 0)
		if left := poll.Closes.Sub(s.opts.Now()); left < 5*time.Second || left > 2_628_000*time.Second {
			return bad("poll can't be closed then")
		}
	}
	m := &Sent{Method: "sendPoll", Chat: st.chat.ID, Thread: int(p.num("message_thread_id")), Text: poll.Question, At: s.opts.Now()}
	a := s.accept(st, m)
	if a.code != 200 {
		return a
	}
	poll.ID, poll.MessageID = strconv.FormatInt(5_000_000_000+int64(len(s.polls)), 10), m.MessageID
	s.polls = append(s.polls, poll)
	if result, ok := a.result.(map[string]any); ok {
		delete(result, "text")
		result["poll"] = s.pollJSON(poll)
	}
	return a
}

func (s *Server) pollJSON(p *Poll) map[string]any {
	options := []map[string]any{}
	for i, n := range p.Votes() {
		options = append(options, map[string]any{"persistent_id": strconv.Itoa(i), "text": p.Options[i], "voter_count": n})
	}
	kind := "regular"
	if p.Quiz {
		kind = "quiz"
	}
	return map[string]any{
		"id": p.ID, "question": p.Question, "options": options, "total_voter_count": len(p.votes), "is_closed": s.pollClosed(p), "is_anonymous": false,
		"type": kind, "allows_multiple_answers": p.Multi, "allows_revoting": p.Revote, "members_only": false,
	}
}

func (s *Server) pollClosed(p *Poll) bool {
	return p.Closed || !p.Closes.IsZero() && !s.opts.Now().Before(p.Closes)
}

func (s *Server) stopPoll(p params) answer {
	i := slices.IndexFunc(s.polls, func(one *Poll) bool {
		return one.Chat == p.num("chat_id") && one.MessageID == p.num("message_id")
	})
	switch {
	case i < 0:
		return bad("message with poll to stop not found")
	case s.pollClosed(s.polls[i]):
		return bad("poll has already been closed")
	}
	s.polls[i].Closed = true
	return ok(s.pollJSON(s.polls[i]))
}

// Polls lists the polls of a chat as they stand.
func (s *Server) Polls(chat int64) []Poll {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Poll
	for _, p := range s.polls {
		if p.Chat == chat {
			one := *p
			one.Closed = s.pollClosed(p)
			out = append(out, one)
		}
	}
	return out
}

// Vote lets a user answer a poll; without options he takes his vote back. It
// reports whether the poll took it. The server tells the poll's new state, and
// who voted for what.
func (s *Server) Vote(from User, pollID string, options ...int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.polls, func(p *Poll) bool { return p.ID == pollID })
	if i < 0 || s.pollClosed(s.polls[i]) || len(options) > 1 && !s.polls[i].Multi {
		return false
	}
	p := s.polls[i]
	if _, has := p.votes[from.ID]; p.Quiz && (has || len(options) == 0) {
		return false // an answer in a quiz stays
	}
	s.users[from.ID] = from
	if p.votes[from.ID] = options; len(options) == 0 {
		delete(p.votes, from.ID)
	}
	s.injectLocked(s.newIDLocked(), "poll", "poll"+p.ID, s.pollJSON(p))
	if options == nil {
		options = []int{}
	}
	s.injectLocked(s.newIDLocked(), "poll_answer", "poll"+p.ID, map[string]any{"poll_id": p.ID, "user": from.json(), "option_ids": options})
	return true
}
