package signup

import (
	"context"
	"errors"
	"time"

	"qunmate/bot"
	"qunmate/storage"
)

// joined is what answers to a sign-up show.
type joined struct {
	view
	Name  string
	Mine  entry
	Wait  bool
	Same  bool // it stood there already
	Fresh bool // it did not stand there at all
	Over  bool // it was sent in time and came later
	Room  int  // places that are free, yet too few for him
}

// join is /signup join 3 +1 with a racket: by text, by button and by card alike.
func join(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	l, err := parseLine(req.Args)
	if err != nil {
		return bot.Reply{}, problem(req, err)
	}
	if l.ID == 0 && l.Note != "" { // a word that may be anything signs nobody up
		open, err := openHere(ctx, req)
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{}, bot.Refuse("signup.which", which{Command: "signup join", Open: open})
	}
	s, err := meant(ctx, req, l.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if over(s, req.At) {
		return bot.Reply{}, bot.Refuse("signup.late", viewOf(req, s))
	}
	if err := mayJoin(ctx, req, s); err != nil {
		return bot.Reply{}, err
	}
	e, err := req.Tx.SignupEntry(ctx, s.ID, req.Account.PersonID)
	fresh := errors.Is(err, storage.ErrNotFound)
	switch {
	case fresh:
		e, err = enter(ctx, req, s, l)
	case err == nil:
		var same bool
		if e, same, err = alter(ctx, req, s, e, l); same && err == nil {
			return answer(ctx, req, s.ID, e, joined{Same: true})
		}
	}
	if err != nil {
		return bot.Reply{}, err
	}
	if err := planShow(ctx, req, s); err != nil {
		return bot.Reply{}, err
	}
	return answer(ctx, req, s.ID, e, joined{Fresh: fresh, Over: over(s, req.Now)})
}

// answer tells a person where he stands.
func answer(ctx context.Context, req *bot.Request, id int64, e storage.SignupEntry, v joined) (bot.Reply, error) {
	s, err := req.Tx.Signup(ctx, id)
	if err != nil {
		return bot.Reply{}, err
	}
	entries, err := req.Tx.SignupEntries(ctx, id)
	if err != nil {
		return bot.Reply{}, err
	}
	v.view, v.Name, v.Mine, v.Wait = viewOf(req, s), req.Account.Name, placeOf(entries, e), e.State == storage.SignupWaiting
	r := bot.Reply{Template: "signup.joined", Data: v}
	if v.Wait {
		r.Template = "signup.waiting"
		if v.Mine.N == 1 {
			v.Room = s.Seats - s.Taken
			r.Data = v
		}
	}
	if !v.Same { // the list is for everybody to read
		r.Brief, r.Crowd = "signup.joined_brief", "signup.joined_brief"
	}
	r.Choices = []bot.Choice{{Label: "signup.button_leave", Command: "/signup leave " + itoa(id), Extra: true}}
	return r, nil
}

// meant finds the list somebody speaks of. Without a number it is the only one
// that is open.
func meant(ctx context.Context, req *bot.Request, id int64) (storage.Signup, error) {
	if id > 0 {
		return find(ctx, req, id)
	}
	open, err := openHere(ctx, req)
	if err != nil {
		return storage.Signup{}, err
	}
	if len(open) == 1 {
		return find(ctx, req, open[0])
	}
	return storage.Signup{}, bot.Refuse("signup.which", which{Command: "signup join", Open: open})
}

// over reports whether a word of an instant comes too late.
func over(s storage.Signup, at time.Time) bool {
	return s.State != storage.SignupOpen || !s.EndsAt.IsZero() && !at.Before(s.EndsAt)
}

// mayJoin checks that the sender belongs to the list's chats: he is in one of
// them, or reached its community from where there are no groups.
func mayJoin(ctx context.Context, req *bot.Request, s storage.Signup) error {
	in, known, err := req.Tx.SignupStay(ctx, s.ID, req.Account.PersonID)
	if err != nil || in || !known && req.Community == s.CommunityID {
		return err
	}
	return bot.Refuse("signup.not_member", which{ID: s.ID})
}

func enter(ctx context.Context, req *bot.Request, s storage.Signup, l line) (storage.SignupEntry, error) {
	e := storage.SignupEntry{SignupID: s.ID, PersonID: req.Account.PersonID, AccountID: req.Account.ID, ChatID: req.Chat.ID, Extra: max(0, l.Extra), Note: l.Note}
	if s.Seats > 0 && e.Size() > s.Seats {
		return e, bot.Refuse("signup.too_many", joined{view: viewOf(req, s)})
	}
	return req.Tx.EnterSignup(ctx, e)
}

// alter changes what was said of a line, and leaves alone what was not.
func alter(ctx context.Context, req *bot.Request, s storage.Signup, e storage.SignupEntry, l line) (storage.SignupEntry, bool, error) {
	was := e
	if l.Extra >= 0 {
		e.Extra = l.Extra
	}
	if l.Note != "" {
		e.Note = l.Note
	}
	if e == was {
		return e, true, nil
	}
	err := req.Tx.ChangeSignup(ctx, e)
	if errors.Is(err, storage.ErrNoRoom) {
		v := joined{view: viewOf(req, s), Wait: e.State == storage.SignupWaiting, Mine: entry{Extra: was.Extra}}
		if s.Waiting == 0 {
			v.Room = s.Seats - s.Taken
		}
		err = bot.Refuse("signup.no_room", v)
	}
	if err != nil {
		return e, false, err
	}
	if e, err = req.Tx.SignupEntry(ctx, s.ID, e.PersonID); err != nil {
		return e, false, err
	}
	if e.State == storage.SignupIn && was.State == storage.SignupWaiting { // his own doing, and answered
		err = req.Tx.ToldSignup(ctx, e.ID)
	}
	return e, false, err
}

// leave is /signup leave 3.
func leave(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	id, _ := number(req.Args.Word(0))
	if id == 0 && req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{req.Args.Word(0), "/signup leave 3"})
	}
	s, err := meant(ctx, req, id)
	if err != nil {
		return bot.Reply{}, err
	}
	e, err := req.Tx.SignupEntry(ctx, s.ID, req.Account.PersonID)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return bot.Reply{Template: "signup.not_on", Data: viewOf(req, s)}, nil
	case err != nil:
		return bot.Reply{}, err
	case over(s, req.At):
		return bot.Reply{}, bot.Refuse("signup.leave_late", viewOf(req, s))
	}
	if err := req.Tx.LeaveSignup(ctx, e); err != nil {
		return bot.Reply{}, err
	}
	v := joined{view: viewOf(req, s), Name: req.Account.Name, Wait: e.State == storage.SignupWaiting}
	return bot.Reply{Template: "signup.left", Data: v, Brief: "signup.left_brief", Crowd: "signup.left_brief"}, planShow(ctx, req, s)
}

// movedView tells of places that became free.
type movedView struct {
	view
	Names []string
}

// tellMoved tells people that they have a place now: alone where that can be,
// else in one line for all of a chat.
func tellMoved(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	s, _, err := dueOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	moved, err := req.Tx.UntoldSignup(ctx, s.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	names := map[int64][]string{}
	var chats []int64
	for _, e := range moved {
		if err := req.Tx.ToldSignup(ctx, e.ID); err != nil {
			return bot.Reply{}, err
		}
		told, err := tellOne(ctx, req, s, e)
		if err != nil {
			return bot.Reply{}, err
		}
		if !told {
			if len(names[e.ChatID]) == 0 {
				chats = append(chats, e.ChatID)
			}
			names[e.ChatID] = append(names[e.ChatID], e.Name)
		}
	}
	for _, id := range chats {
		c, err := req.Tx.Chat(ctx, id)
		if err != nil {
			return bot.Reply{}, err
		}
		if err := req.Post(ctx, c, bot.Reply{Template: "signup.moved_public", Data: movedView{viewOf(req, s), names[id]}, Lane: storage.LaneActivity}); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{}, planShow(ctx, req, s)
}

// tellOne tells one person alone and reports whether that can be.
func tellOne(ctx context.Context, req *bot.Request, s storage.Signup, e storage.SignupEntry) (bool, error) {
	a, err := req.Tx.Account(ctx, e.AccountID)
	if err != nil {
		return false, err
	}
	r := bot.Reply{Template: "signup.moved", Data: viewOf(req, s), Lane: storage.LaneActivity}
	r.Choices = []bot.Choice{{Label: "signup.button_leave", Command: "/signup leave " + itoa(s.ID)}}
	told, err := req.Tell(ctx, a, r)
	if err != nil || told {
		return told, err
	}
	c, err := req.Tx.Chat(ctx, e.ChatID)
	if err != nil || !req.CapsOf(c).Whispers {
		return false, err
	}
	return true, req.Inform(ctx, c, a, r)
}
