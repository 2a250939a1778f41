package wechatmp

import (
	"context"
	"fmt"
	"regexp"

	"qunmate/bot/chat"
)

// stateForm is what we put into a scene: it stands in the code for anybody to
// read who scans it. A scene could have 64 characters.
var stateForm = regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9_-]{1,%d}$`, chat.MaxState))

// Invite makes a QR code by which people follow the account; the state is its
// scene. It is one that never ends (QR_LIMIT_STR_SCENE), since people print
// them: of those an account has a hundred thousand (api_createqrcode), and the
// same scene asked for again leads to the same. What the code says comes with
// it, so that a poster can show it. There is no link, for following
// takes a scan. Accounts that are not verified may make none (48001): Rejected.
func (a *Account) Invite(ctx context.Context, i chat.Inviting) (chat.Invitation, error) {
	if i.Chat.Ref.Domain != a.Domain() || !stateForm.MatchString(i.State) {
		return chat.Invitation{}, rejected("a way to follow needs a chat of this account and a state of 1 to %d letters and digits", chat.MaxState)
	}
	image, says, err := a.makeQR(ctx, i.State, 0)
	if err != nil {
		return chat.Invitation{}, err
	}
	return chat.Invitation{QRImageURL: image, QRText: says, ID: i.State}, nil
}

// Revoke leaves the code as it is: no interface takes back one that never ends.
// Whoever follows by it still names its scene, and what that is worth is for
// others to say.
func (*Account) Revoke(context.Context, chat.Chat, string) error { return nil }
