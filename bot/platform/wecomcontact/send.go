package wecomcontact

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

// maxText is the most bytes of a broadcast (path 92135).
const maxText = 4000

// maxImage is the most bytes of a picture (media/upload, path 90253).
const maxImage = 10 << 20

// Send makes a task for the group's owner. It is Waiting: nobody sees it before
// he has tapped it, and a Delivered event tells when he did or that he did not.
//
// What goes to several groups of one owner at a time is one task. A text that does not fit is Rejected and not cut in
// two: the second half would need a second tap, on another day.
func (c *Contact) Send(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	g, known := c.group(l.Chat.Ref.ID)
	switch {
	case !known || l.Chat.Ref.Domain != Domain:
		return chat.Sent{}, rejected("%s is no customer group of this app", l.Chat.Ref)
	case g.Gone:
		return chat.Sent{}, &chat.SendError{Fault: chat.Gone, Err: errors.New("the group is dissolved, or its owner is out of the app's sight")}
	case g.Owner == "":
		return chat.Sent{}, rejected("the group has no owner who could confirm it")
	case l.Edit != "":
		return chat.Sent{}, rejected("nothing can be edited in a customer group")
	case l.Content.Private:
		return chat.Sent{}, rejected("nobody can be answered in a customer group")
	case l.Content.File != nil:
		return chat.Sent{}, rejected("customer groups take no files")
	}
	text := render(l.Content)
	if text == "" || len(text) > maxText {
		return chat.Sent{}, rejected("a broadcast has 1 to %d bytes, not %d", maxText, len(text))
	}
	image, lost := c.image(ctx, l)
	made, err := c.gather(ctx, gathering{g.Owner, text, image}, g.Chat)
	if image != "" && wxhttp.Code(err) == wxhttp.CodeMedia { // nothing was made: it is not known any more
		c.media.Forget(ctx, l.Content.Picture)
		image, lost = c.image(ctx, l)
		made, err = c.gather(ctx, gathering{g.Owner, text, image}, g.Chat)
	}
	switch {
	case err != nil:
		return chat.Sent{}, c.sendError(err)
	case slices.Contains(made.Failed, g.Chat):
		return chat.Sent{}, rejected("the platform does not take a broadcast for this group")
	case !idForm.MatchString(made.ID):
		return chat.Sent{}, &chat.SendError{Fault: chat.Unknown, Err: errors.New("add_msg_template: the answer holds no id")}
	}
	return chat.Sent{ID: made.ID + "|" + g.Owner, Waiting: true, Lost: lost}, nil
}

// image is the media_id of a letter's picture, which is uploaded if WeCom does
// not have it; or why there is none: the text goes out all the same.
func (c *Contact) image(ctx context.Context, l chat.Letter) (id, lost string) {
	p := l.Content.Picture
	if p == nil || len(p.Data) == 0 {
		return "", ""
	}
	id, err := c.media.Handle(ctx, p, func(ctx context.Context) (string, time.Time, error) {
		id, err := c.api.client.UploadImage(ctx, wxhttp.HostWeCom, c.api.tokens, p.MIME, p.Data)
		if err != nil {
			return "", time.Time{}, c.sendError(err)
		}
		return id, c.opts.Now().Add(wxhttp.MediaFor), nil
	})
	if err != nil {
		c.log.Warn("wecomcontact: a broadcast goes without its picture", "letter", l.ID, "err", err)
		return "", err.Error()
	}
	return id, ""
}

// splitID takes the id of a task apart: the platform's own, and whose it is.
func splitID(id string) (msgID, sender string, ok bool) {
	msgID, sender, _ = strings.Cut(id, "|")
	return msgID, sender, idForm.MatchString(msgID) && idForm.MatchString(sender)
}

// render prints a text without styles: a broadcast knows none. Addresses stand
// behind what links to them. Choices that lead to an address are lines of their
// own; a command cannot be typed there.
func render(content chat.Content) string {
	var b strings.Builder
	for _, s := range chat.Parse(content.Text) {
		b.WriteString(s.Text)
		if s.Link != "" && s.Link != s.Text {
			b.WriteString(" (" + s.Link + ")")
		}
	}
	for _, choice := range content.Choices {
		if choice.URL != "" {
			b.WriteString("\n" + strings.TrimSpace(choice.Label+" "+choice.URL))
		}
	}
	return strings.TrimSpace(b.String())
}

// Delete takes a broadcast back that nobody has confirmed: the whole task, with
// the other groups that are in it. What was confirmed stays: no interface can
// recall it.
func (c *Contact) Delete(ctx context.Context, place chat.Chat, id string) error {
	msgID, sender, ok := splitID(id)
	if !ok {
		return rejected("%q is no broadcast", id)
	}
	results, err := c.api.results(ctx, msgID, sender)
	if err != nil {
		return c.sendError(err)
	}
	switch results[place.Ref.ID] {
	case resultSent:
		return rejected("it was confirmed already: a broadcast cannot be recalled")
	case resultNoContact, resultOther:
		return nil // it never reached the group and never will
	}
	if err := c.api.cancel(ctx, msgID); err != nil {
		return c.sendError(err)
	}
	c.withdrawn.Store(id, true)
	return nil
}

// Remind asks the employee once more. The platform allows three times a day
// (path 97610).
func (c *Contact) Remind(ctx context.Context, _ chat.Chat, id string) error {
	msgID, _, ok := splitID(id)
	if !ok {
		return rejected("%q is no broadcast", id)
	}
	if err := c.api.remind(ctx, msgID); err != nil {
		return c.sendError(err)
	}
	return nil
}

// sendError sorts a failure of a call into what it means for a letter.
// Credentials and rights are the operator's to mend: the letters stay good.
func (c *Contact) sendError(err error) *chat.SendError {
	if wxhttp.BadCredentials(err) && !c.said.credentials.Swap(true) {
		c.log.Error("wecomcontact: the app's secret is not accepted", "err", err)
	}
	se := wxhttp.SendError(err)
	if wxhttp.Code(err) == codeForbidden {
		if !c.said.right.Swap(true) {
			c.log.Error("wecomcontact: the app may not do this for the group; see `check -online`", "err", err)
		}
		return rejected("the app has no right to it: %w", se.Err)
	}
	return se
}

// refused reports that the platform understood a call and will say the same
// again: not a matter of time, of the token or of the app's rights.
func refused(err error) bool {
	_, answered := errors.AsType[*wxhttp.Error](err)
	fault := wxhttp.SendError(err)
	return answered && wxhttp.Code(err) != codeForbidden && (fault.Fault == chat.Rejected || fault.Fault == chat.Gone)
}

func rejected(format string, args ...any) *chat.SendError {
	return &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf(format, args...)}
}

func firstRunes(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}
