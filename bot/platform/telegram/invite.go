package telegram

import (
	"context"
	"strings"

	"qunmate/bot/chat"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

var (
	_ chat.Inviter  = (*Telegram)(nil)
	_ chat.Admitter = (*Telegram)(nil)
)

// maxLinkName is how long the name of a link may be (Bot API,
// createChatInviteLink: 0-32 characters).
const maxLinkName = 32

// Invite makes a link that bears the state as its name, which Telegram tells
// with everybody who joins by it (Bot API, ChatMemberUpdated.invite_link). Each
// call makes a link of its own: whoever asks keeps it. One that is named is
// changed (editChatInviteLink, only for links the bot itself has made).
func (t *Telegram) Invite(ctx context.Context, i chat.Inviting) (chat.Invitation, error) {
	id := idOf(i.Chat.Ref)
	if id >= 0 || i.Chat.Type != chat.Group || i.State == "" || len(i.State) > maxLinkName {
		return chat.Invitation{}, rejected("no link into %s can be made", i.Chat.Ref)
	}
	ctx, cancel := t.callContext(ctx, 0)
	defer cancel()
	wish := func() (*models.ChatInviteLink, error) {
		return t.api.CreateChatInviteLink(ctx, &tg.CreateChatInviteLinkParams{ChatID: id, Name: i.State, CreatesJoinRequest: i.Ask})
	}
	if i.ID != "" {
		wish = func() (*models.ChatInviteLink, error) {
			return t.api.EditChatInviteLink(ctx, &tg.EditChatInviteLinkParams{ChatID: id, InviteLink: i.ID, Name: i.State, CreatesJoinRequest: i.Ask})
		}
	}
	link, err := wish()
	if err != nil {
		return chat.Invitation{}, t.sendError(err)
	}
	if link == nil || !strings.HasPrefix(link.InviteLink, "https://") {
		return chat.Invitation{}, rejected("there came no link")
	}
	return chat.Invitation{Link: link.InviteLink, ID: link.InviteLink}, nil
}

// Revoke closes a link. Who is in by it stays in.
func (t *Telegram) Revoke(ctx context.Context, c chat.Chat, link string) error {
	ctx, cancel := t.callContext(ctx, 0)
	defer cancel()
	if _, err := t.api.RevokeChatInviteLink(ctx, &tg.RevokeChatInviteLinkParams{ChatID: idOf(c.Ref), InviteLink: link}); err != nil {
		return t.sendError(err)
	}
	return nil
}

// Admit lets somebody in who asked by a link, or turns him away. Both need the
// right to invite users (Bot API, approveChatJoinRequest). A request that is not
// there any more is told by HIDE_REQUESTER_MISSING (seen in tucnak/telebot#570).
func (t *Telegram) Admit(ctx context.Context, c chat.Chat, who chat.Ref, admit bool) error {
	id, user := idOf(c.Ref), idOf(who)
	if id >= 0 || user <= 0 {
		return rejected("nobody can be let into %s", c.Ref)
	}
	ctx, cancel := t.callContext(ctx, 0)
	defer cancel()
	var err error
	if admit {
		_, err = t.api.ApproveChatJoinRequest(ctx, &tg.ApproveChatJoinRequestParams{ChatID: id, UserID: user})
	} else {
		_, err = t.api.DeclineChatJoinRequest(ctx, &tg.DeclineChatJoinRequestParams{ChatID: id, UserID: user})
	}
	switch {
	case err == nil:
		return nil
	case admit && strings.Contains(err.Error(), "USER_ALREADY_PARTICIPANT"):
		return nil
	case strings.Contains(err.Error(), "HIDE_REQUESTER_MISSING"):
		return &chat.SendError{Fault: chat.Rejected, Err: chat.ErrNoRequest}
	}
	return t.sendError(err)
}
