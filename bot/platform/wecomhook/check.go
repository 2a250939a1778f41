package wecomhook

import (
	"context"

	"qunmate/bot/chat"
)

// The codes of Check. The texts are the templates' business.
const (
	checkReady       = "wecomhook.ready"       // name: the robot is there; nothing was posted to find out
	checkGone        = "wecomhook.gone"        // name: removed from its group, or a wrong key
	checkUnreachable = "wecomhook.unreachable" // error
)

// Check asks whether the platform knows the robot, by handing it a small file
// that is never posted: nobody in the group sees anything.
func (r *Robot) Check(ctx context.Context, _ []chat.Chat) []chat.Finding {
	_, se := r.upload(ctx, &chat.File{Name: "check.txt", MIME: "text/plain", Data: []byte("qunmate check")})
	name := map[string]string{"name": r.opts.Name}
	switch {
	case se == nil:
		return []chat.Finding{{OK: true, Code: checkReady, Args: name}}
	case se.Fault == chat.Gone:
		return []chat.Finding{{Code: checkGone, Args: name}}
	}
	return []chat.Finding{{Code: checkUnreachable, Args: map[string]string{"error": se.Err.Error()}}}
}
