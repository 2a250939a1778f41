package wecomcontact

import (
	"context"
	"errors"
	"net/url"
	"regexp"

	"qunmate/bot/chat"
)

// maxRemark is how long the console's name of a join way may be (path 92229).
const maxRemark = 30

// stateForm is what we put into a state: it comes back in the list of members,
// for anybody to see who can read that.
var stateForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,30}$`)

// Invite makes a join way: a QR code of the group whose state comes back with
// everybody who scans it. The same state in the same group gives the same code,
// as long as it is open. The platform makes no links.
//
// A code that was made and whose answer was lost stays on the platform unused;
// the next call makes another one with the same state, so that both count for
// the same person.
func (c *Contact) Invite(ctx context.Context, i chat.Inviting) (chat.Invitation, error) {
	g, known := c.group(i.Chat.Ref.ID)
	switch {
	case !known || i.Chat.Ref.Domain != Domain:
		return chat.Invitation{}, rejected("%s is no customer group of this app", i.Chat.Ref)
	case g.Gone:
		return chat.Invitation{}, &chat.SendError{Fault: chat.Gone, Err: errors.New("the group is gone")}
	case !stateForm.MatchString(i.State):
		return chat.Invitation{}, rejected("a state has 1 to %d letters and digits", chat.MaxState)
	}
	w, ok, err := c.opts.Store.Way(ctx, g.Chat, i.State)
	if err != nil {
		return chat.Invitation{}, &chat.SendError{Fault: chat.Retry, Err: err}
	}
	if ok {
		return chat.Invitation{QRImageURL: w.QR, ID: w.ID}, nil
	}
	w = Way{Chat: g.Chat, State: i.State, Name: i.Name}
	if w.ID, err = c.api.addWay(ctx, i); err != nil {
		return chat.Invitation{}, c.sendError(err)
	}
	if !idForm.MatchString(w.ID) {
		return chat.Invitation{}, &chat.SendError{Fault: chat.Unknown, Err: errors.New("add_join_way: the answer holds no id")}
	}
	if w.QR, err = c.api.way(ctx, w.ID); err != nil {
		// It is made and nobody has it: asked again it is made anew, which does no
		// harm.
		se := c.sendError(err)
		return chat.Invitation{}, &chat.SendError{Fault: chat.Retry, Err: se.Err}
	}
	if u, err := url.Parse(w.QR); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return chat.Invitation{}, &chat.SendError{Fault: chat.Retry, Err: errors.New("get_join_way: the answer holds no picture")}
	}
	if err := c.opts.Store.KeepWay(ctx, w); err != nil {
		return chat.Invitation{}, &chat.SendError{Fault: chat.Retry, Err: err}
	}
	return chat.Invitation{QRImageURL: w.QR, ID: w.ID}, nil
}

// Revoke closes a join way. Who came by it keeps its state.
func (c *Contact) Revoke(ctx context.Context, _ chat.Chat, id string) error {
	if !idForm.MatchString(id) {
		return rejected("%q is no join way", id)
	}
	if err := c.api.delWay(ctx, id); err != nil {
		// Which errcode says that it is closed already is written nowhere: it is, if
		// it cannot be read either.
		if _, gone := c.api.way(ctx, id); !refused(err) || !refused(gone) {
			return c.sendError(err)
		}
	}
	if err := c.opts.Store.DropWay(ctx, id); err != nil {
		return &chat.SendError{Fault: chat.Retry, Err: err}
	}
	return nil
}
