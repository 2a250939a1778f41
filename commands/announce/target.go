package announce

import (
	"context"

	"qunmate/bot"
	"qunmate/storage"
)

// family is whose texts say that a target cannot be meant.
const family = "announce"

// reach is where somebody may announce.
type reach = bot.Reach

// reachOf finds where the sender may announce. Who reaches nothing gets no more
// than a refusal.
func reachOf(ctx context.Context, req *bot.Request) (reach, error) {
	r, err := req.Reach(ctx)
	if err == nil && len(r.Chats) == 0 && !r.Operator {
		err = &bot.Refusal{Quiet: true, Reply: bot.Reply{Template: "announce.refused", Data: struct{ Private bool }{req.Private}}}
	}
	return r, err
}

// resolve finds whom a text is for and what is left of it: see bot.Targets.
func resolve(ctx context.Context, req *bot.Request, r reach, text string) (t bot.Target, rest string, known bool, err error) {
	return req.Targets(ctx, family, r, text)
}

// reachable leaves out the chats where the bot may not speak first.
func reachable(req *bot.Request, chats []storage.Chat) (out []storage.Chat, mute int) {
	return req.Reachable(chats)
}
