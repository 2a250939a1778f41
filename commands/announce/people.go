package announce

import (
	"context"
	"slices"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// dmView is how direct messages stand for a person.
type dmView struct {
	On   bool
	Had  int // this month
	Most int
	Same bool // it was so before
	Chat bool // there is a private chat to send them to
}

func dmViewOf(ctx context.Context, req *bot.Request) (dmView, error) {
	v := dmView{Most: storage.DMCap}
	if req.Event.Sender.Anonymous || req.Account.ID == 0 {
		return v, bot.Refuse("common.anonymous", nil)
	}
	var err error
	if v.On, _, err = req.Tx.DMConsent(ctx, req.Account.PersonID); err != nil {
		return v, err
	}
	if v.Had, err = req.Tx.DMsIn(ctx, req.Account.PersonID, month(req)); err != nil {
		return v, err
	}
	v.Chat, err = req.Tx.HasPrivateChat(ctx, req.Account.PersonID)
	return v, err
}

// month is the month of a request, in the zone of its community.
func month(req *bot.Request) string { return req.Now.Format("2006-01") }

// dm tells how direct messages stand.
func dm(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	v, err := dmViewOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("announce.dm_usage", nil)
	}
	r := bot.Reply{Template: "announce.dm", Data: v, Choices: []bot.Choice{{Label: "announce.button_dm_on", Command: "/dm on"}}}
	if v.On {
		r.Choices = []bot.Choice{{Label: "announce.button_dm_off", Command: "/dm off"}}
	}
	return r, nil
}

// dmOn is a person's yes to direct messages.
func dmOn(ctx context.Context, req *bot.Request) (bot.Reply, error) { return dmSet(ctx, req, true) }

// dmOff ends them: at once, and for what is on its way too.
func dmOff(ctx context.Context, req *bot.Request) (bot.Reply, error) { return dmSet(ctx, req, false) }

func dmSet(ctx context.Context, req *bot.Request, on bool) (bot.Reply, error) {
	v, err := dmViewOf(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	v.Same, v.On = v.On == on, on
	if err := req.Tx.SetDMConsent(ctx, req.Account.PersonID, on); err != nil {
		return bot.Reply{}, err
	}
	if !on {
		if err := req.Tx.WithdrawDMs(ctx, req.Account.PersonID, kindDM, whyOptedOut); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Reply{Template: "announce.dm_set", Data: v}, nil
}

// recipients lists who gets a direct message of the sender's: those who allowed
// it, in the chats he administers, once each; and how many had all of theirs.
func recipients(ctx context.Context, req *bot.Request) (out []storage.Recipient, full int, err error) {
	r, err := reachOf(ctx, req)
	if err != nil {
		return nil, 0, err
	}
	return recipientsIn(ctx, req, r)
}

func recipientsIn(ctx context.Context, req *bot.Request, r reach) (out []storage.Recipient, full int, err error) {
	chats := []int64{0}
	if !r.Operator {
		chats = nil
		for _, c := range r.Chats {
			chats = append(chats, c.ID)
		}
	}
	seen := map[int64]bool{}
	for _, id := range chats {
		found, err := req.Tx.Recipients(ctx, id)
		if err != nil {
			return nil, 0, err
		}
		for _, p := range found {
			if seen[p.PersonID] || !req.CapsOf(p.Chat).Push {
				continue
			}
			seen[p.PersonID] = true
			had, err := req.Tx.DMsIn(ctx, p.PersonID, month(req))
			if err != nil {
				return nil, 0, err
			}
			if had >= storage.DMCap {
				full++
				continue
			}
			out = append(out, p)
		}
	}
	return out, full, nil
}

// addRecipients fixes whom a direct message is for, when it goes out: who said
// no since, or has had enough this month, is not among them.
func addRecipients(ctx context.Context, req *bot.Request, a storage.Announcement) error {
	r, err := reachOfAuthor(ctx, req, a)
	if err != nil {
		return err
	}
	who, _, err := recipientsIn(ctx, req, r)
	if err != nil {
		return err
	}
	var to []storage.Addressee
	for _, p := range who {
		ok, err := req.Tx.CountDM(ctx, p.PersonID, a.ID, month(req))
		if err != nil {
			return err
		}
		if ok {
			to = append(to, storage.Addressee{ChatID: p.Chat.ID, AccountID: p.Account.ID})
		}
	}
	return req.Tx.AddAddressees(ctx, a.ID, to)
}

// reachOfAuthor is where an announcement's author may announce when its time
// has come.
func reachOfAuthor(ctx context.Context, req *bot.Request, a storage.Announcement) (reach, error) {
	who, err := req.Tx.Account(ctx, a.AccountID)
	if err != nil {
		return reach{}, err
	}
	operators, err := req.Operators(ctx)
	if err != nil {
		return reach{}, err
	}
	for _, o := range operators {
		if o.PersonID == who.PersonID {
			return reach{Operator: true}, nil
		}
	}
	chats, err := req.Tx.ChatsAdministered(ctx, who.PersonID)
	if err != nil {
		return reach{}, err
	}
	if err := req.Refresh(chats); err != nil {
		return reach{}, err
	}
	r := reach{}
	for _, c := range chats {
		roles, err := req.Tx.RolesOf(ctx, c.ID, who.PersonID)
		if err != nil {
			return reach{}, err
		}
		if slices.Contains(roles, storage.RoleAdmin) {
			r.Chats = append(r.Chats, c)
		}
	}
	c, err := req.Tx.Chat(ctx, a.ChatID)
	if err == nil && c.Domain == who.Domain && c.ExternalID == who.ExternalID && c.Kind != string(chat.Private) {
		r.Chats = append(r.Chats, c) // an anonymous administrator speaks as the chat
	}
	return r, err
}
