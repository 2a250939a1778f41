package telegram

import (
	"qunmate/bot/chat"

	"github.com/go-telegram/bot/models"
)

// serviceMessage reads the messages that Telegram itself writes into a chat.
// The second result tells that m is one, with or without an event.
func (d decoder) serviceMessage(m *models.Message, ev chat.Event) ([]chat.Event, bool) {
	switch {
	case m.MigrateToChatID != 0:
		return []chat.Event{migrated(ev, m.Chat.ID, m.MigrateToChatID)}, true
	case m.MigrateFromChatID != 0:
		// The same change, told in the new chat.
		return []chat.Event{migrated(ev, m.MigrateFromChatID, m.Chat.ID)}, true
	case len(m.NewChatMembers) > 0:
		var out []chat.Event
		for i := range m.NewChatMembers {
			if e, ok := d.membership(ev, chat.Join, &m.NewChatMembers[i], m.From); ok {
				out = append(out, e)
			}
		}
		return out, true
	case m.LeftChatMember != nil:
		if e, ok := d.membership(ev, chat.Leave, m.LeftChatMember, m.From); ok {
			return []chat.Event{e}, true
		}
		return nil, true
	case m.NewChatTitle != "":
		ev.Kind = chat.ChatChanged
		ev.Sender, _ = d.author(m)
		ev.Chat.Title = m.NewChatTitle
		ev.Detail = chat.ChatChange{Standing: chat.Updated}
		return []chat.Event{ev}, true
	case m.PinnedMessage != nil:
		return nil, true // may carry the text of an old command
	}
	return nil, false
}

func migrated(ev chat.Event, from, to int64) chat.Event {
	ev.Kind = chat.ChatChanged
	ev.Chat.Ref = chatRef(from)
	ev.Chat.Thread = ""
	ev.Detail = chat.ChatChange{Standing: chat.Migrated, To: chatRef(to)}
	return ev
}

// membership makes a Join or Leave. Bots come and go without an event, and
// our own coming and going is my_chat_member's to tell.
func (d decoder) membership(ev chat.Event, kind chat.Kind, who, by *models.User) (chat.Event, bool) {
	if who == nil || who.ID == 0 || who.IsBot || who.ID == d.self.ID {
		return ev, false
	}
	ev.Kind = kind
	ev.Sender = userOf(who)
	detail := chat.Membership{User: userOf(who)}
	if by != nil && by.ID != who.ID {
		detail.By = userOf(by)
		ev.Sender = detail.By
	}
	ev.Detail = detail
	return ev, true
}

// memberChanged reads chat_member: the count that can be relied on, since the
// service messages are left out in large groups.
func (d decoder) memberChanged(u *models.ChatMemberUpdated) []chat.Event {
	if u.Chat.Type == models.ChatTypeChannel {
		return nil // subscribers of a channel are no members who act
	}
	user := memberUser(&u.NewChatMember)
	if user == nil || user.IsBot || user.ID == d.self.ID {
		return nil
	}
	base := chat.Event{Chat: chatOf(&u.Chat), At: unix(u.Date), Sender: userOf(&u.From)}
	was, is := isMember(&u.OldChatMember), isMember(&u.NewChatMember)
	var out []chat.Event
	switch {
	case !was && is:
		by := &u.From
		if u.InviteLink != nil || u.ViaJoinRequest || by.ID == d.self.ID {
			by = user // he came by himself, whoever let him in: the bot adds nobody
		}
		if e, ok := d.membership(base, chat.Join, user, by); ok {
			detail, _ := e.Detail.(chat.Membership)
			if u.InviteLink != nil {
				detail.Link = u.InviteLink.InviteLink
				detail.Source = u.InviteLink.Name
			}
			e.Detail = detail
			out = append(out, e)
		}
	case was && !is:
		if e, ok := d.membership(base, chat.Leave, user, &u.From); ok {
			detail, _ := e.Detail.(chat.Membership)
			detail.Banned = u.NewChatMember.Type == models.ChatMemberTypeBanned
			e.Detail = detail
			out = append(out, e)
		}
	}
	if rank(&u.OldChatMember) != rank(&u.NewChatMember) {
		e := base
		e.Kind = chat.ChatChanged
		e.Detail = chat.ChatChange{
			Standing: chat.Updated, Admin: userOf(user), IsAdmin: isAdmin(&u.NewChatMember),
		}
		out = append(out, e)
	}
	return out
}

// asksToJoin reads chat_join_request, which is told to a bot that may invite
// users. The link is one of ours or of another administrator.
func (d decoder) asksToJoin(u *models.ChatJoinRequest) []chat.Event {
	if u.Chat.Type == models.ChatTypeChannel || u.From.ID == 0 || u.From.IsBot {
		return nil
	}
	detail := chat.Membership{User: userOf(&u.From)}
	if l := u.InviteLink; l != nil {
		detail.Link, detail.Source = l.InviteLink, l.Name
	}
	return []chat.Event{{Kind: chat.JoinRequest, Chat: chatOf(&u.Chat), Sender: detail.User, At: unix(u.Date), Detail: detail}}
}

// selfChanged reads my_chat_member: what became of the bot itself.
func (d decoder) selfChanged(u *models.ChatMemberUpdated) []chat.Event {
	was, is := isMember(&u.OldChatMember), isMember(&u.NewChatMember)
	change := chat.ChatChange{}
	switch {
	case !was && !is:
		return nil
	case !is:
		change.Standing = chat.Removed
	case !was:
		change.Standing = chat.Added
	default:
		change.Standing = chat.Updated
	}
	if is && u.Chat.Type != models.ChatTypePrivate {
		change.Missing = missingRights(&u.NewChatMember, u.Chat.Type, d.self.HearsAll)
	}
	return []chat.Event{{
		Kind: chat.ChatChanged, Chat: chatOf(&u.Chat), Sender: userOf(&u.From),
		At: unix(u.Date), Detail: change,
	}}
}

// missingRights lists what the bot lacks, in a fixed order. It is never nil:
// an empty list means that nothing is missing.
func missingRights(m *models.ChatMember, kind models.ChatType, hearsAll bool) []string {
	out := []string{}
	need := func(have bool, right string) {
		if !have {
			out = append(out, right)
		}
	}
	if a := m.Administrator; m.Type == models.ChatMemberTypeAdministrator && a != nil {
		need(a.CanDeleteMessages, chat.RightDelete)
		need(a.CanInviteUsers, chat.RightInvite)
		if kind == models.ChatTypeChannel {
			need(a.CanPostMessages, chat.RightSend)
		} else {
			need(a.CanPinMessages, chat.RightPin)
		}
		return out
	}
	if isAdmin(m) {
		return out
	}
	out = append(out, chat.RightAdmin, chat.RightDelete, chat.RightInvite, chat.RightPin)
	if r := m.Restricted; m.Type == models.ChatMemberTypeRestricted && r != nil {
		need(r.CanSendMessages, chat.RightSend)
	} else {
		need(kind != models.ChatTypeChannel, chat.RightSend)
	}
	need(hearsAll, chat.RightTalk)
	return out
}

func isMember(m *models.ChatMember) bool {
	switch m.Type {
	case models.ChatMemberTypeOwner, models.ChatMemberTypeAdministrator, models.ChatMemberTypeMember:
		return true
	case models.ChatMemberTypeRestricted:
		return m.Restricted != nil && m.Restricted.IsMember
	case models.ChatMemberTypeLeft, models.ChatMemberTypeBanned:
	}
	return false
}

func isAdmin(m *models.ChatMember) bool {
	return m.Type == models.ChatMemberTypeOwner || m.Type == models.ChatMemberTypeAdministrator
}

// rank is what a change of the administrators' list is seen by.
func rank(m *models.ChatMember) int {
	switch m.Type {
	case models.ChatMemberTypeOwner:
		return 2
	case models.ChatMemberTypeAdministrator:
		return 1
	case models.ChatMemberTypeMember, models.ChatMemberTypeRestricted,
		models.ChatMemberTypeLeft, models.ChatMemberTypeBanned:
	}
	return 0
}

func memberUser(m *models.ChatMember) *models.User {
	switch {
	case m.Owner != nil:
		return m.Owner.User
	case m.Administrator != nil:
		return &m.Administrator.User
	case m.Member != nil:
		return m.Member.User
	case m.Restricted != nil:
		return m.Restricted.User
	case m.Left != nil:
		return m.Left.User
	case m.Banned != nil:
		return m.Banned.User
	}
	return nil
}
