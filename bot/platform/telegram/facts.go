package telegram

import (
	"context"

	"qunmate/bot/chat"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// chatInfo is what we read of getChat. The library decodes the whole
// ChatFullInfo with its pinned message, and fails on kinds it does not know.
type chatInfo struct {
	Title       string          `json:"title"`
	Type        models.ChatType `json:"type"`
	Permissions *struct {
		CanSendMessages bool `json:"can_send_messages"`
	} `json:"permissions"`
}

// Facts asks who administers the chat and what we may do there. A private
// chat has no administrators and nothing to miss. Its error is a
// *chat.SendError: Gone and Moved say what became of the chat.
func (t *Telegram) Facts(ctx context.Context, c chat.Chat) (chat.Facts, error) {
	id := idOf(c.Ref)
	switch {
	case id == 0:
		return chat.Facts{}, rejected("%s is no chat of this platform", c.Ref)
	case c.Type == chat.Private:
		return chat.Facts{Title: c.Title}, nil
	}
	ctx, cancel := t.callContext(ctx, 0)
	defer cancel()
	admins, err := t.api.GetChatAdministrators(ctx, &tg.GetChatAdministratorsParams{ChatID: id})
	if err != nil {
		return chat.Facts{}, t.sendError(err)
	}
	var info chatInfo
	err = t.wire.call(ctx, t.opts.Times.Call, "getChat", map[string]any{"chat_id": id}, &info)
	if err != nil && !unknownCall(err) {
		return chat.Facts{}, t.sendError(err)
	}
	if info.Title == "" { // a server of its own may not have the call: what is asked for is who administers
		info.Title, info.Type = c.Title, models.ChatTypeSupergroup
	}
	facts := chat.Facts{Title: info.Title}
	self, err := t.sortAdmins(ctx, id, admins, &facts)
	if err != nil {
		return chat.Facts{}, t.sendError(err)
	}
	facts.Missing = missingRights(self, info.Type, t.self().HearsAll)
	if self.Type == models.ChatMemberTypeMember && info.Permissions != nil && !info.Permissions.CanSendMessages {
		facts.Missing = append(facts.Missing, chat.RightSend)
	}
	t.standings.learn(id, isAdmin(self))
	// The head count is an ornament: without it the facts are still good.
	if n, err := t.api.GetChatMemberCount(ctx, &tg.GetChatMemberCountParams{ChatID: id}); err == nil {
		facts.Members = n
	}
	return facts, nil
}

// sortAdmins fills in the human administrators and the owner, and finds our
// own entry: among them, or by asking for it.
func (t *Telegram) sortAdmins(ctx context.Context, id int64, admins []models.ChatMember, facts *chat.Facts) (*models.ChatMember, error) {
	facts.Admins = []chat.User{}
	var self *models.ChatMember
	own := t.self().ID
	for i := range admins {
		user := memberUser(&admins[i])
		switch {
		case user == nil:
		case user.ID == own:
			self = &admins[i]
		case !user.IsBot:
			facts.Admins = append(facts.Admins, userOf(user))
			if admins[i].Type == models.ChatMemberTypeOwner {
				facts.Owner = chatRef(user.ID)
			}
		}
	}
	if self != nil {
		return self, nil
	}
	return t.api.GetChatMember(ctx, &tg.GetChatMemberParams{ChatID: id, UserID: own})
}
