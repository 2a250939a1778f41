package telegram

import (
	"context"
	"strings"

	"qunmate/bot/chat"

	tg "github.com/go-telegram/bot"
)

var _ chat.Inviter = (*Telegram)(nil)

// maxLinkName is how long the name of a link may be (Bot API,
// createChatInviteLink: 0-32 characters).
const maxLinkName = 32

// Invite makes a link that bears the state as its name, which Telegram tells
// with everybody who joins by it (Bot API, ChatMemberUpdated.invite_link). Each
// call makes a link of its own: whoever asks keeps it.
func (t *Telegram) Invite(ctx context.Context, i chat.Inviting) (chat.Invitation, error) {
	id := idOf(i.Chat.Ref)
	if id >= 0 || i.Chat.Type != chat.Group || i.State == "" || len(i.State) > maxLinkName {
		return chat.Invitation{}, rejected("no link into %s can be made", i.Chat.Ref)
	}
	ctx, cancel := t.callContext(ctx, 0)
	defer cancel()
	link, err := t.api.CreateChatInviteLink(ctx, &tg.CreateChatInviteLinkParams{ChatID: id, Name: i.State})
	if err != nil {
		return chat.Invitation{}, t.sendError(err)
	}
	if link == nil || !strings.HasPrefix(link.InviteLink, "https://") {
		return chat.Invitation{}, rejected("createChatInviteLink gave no link")
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
