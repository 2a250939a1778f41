package chattest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"qunmate/bot/chat"
)

// Invite implements chat.Inviter, unless the right to do so is missing.
func (n *Network) Invite(_ context.Context, i chat.Inviting) (chat.Invitation, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.down:
		return chat.Invitation{}, &chat.SendError{Fault: chat.Retry, Err: errors.New("unreachable")}
	case slices.Contains(n.missing, chat.RightInvite), slices.Contains(n.missing, chat.RightAdmin), !n.caps.Joins:
		return chat.Invitation{}, &chat.SendError{Fault: chat.Rejected, Err: errors.New("not enough rights")}
	}
	link := "https://chat.example/+" + i.State
	if i.ID != "" {
		link = i.ID
	}
	return chat.Invitation{Link: link, ID: link}, nil
}

// Admit implements chat.Admitter, unless the right to do so is missing. Who is
// let in is told as a join that names no link, as some networks do.
func (n *Network) Admit(ctx context.Context, c chat.Chat, who chat.Ref, admit bool) error {
	n.mu.Lock()
	i := slices.IndexFunc(n.asking, func(m chat.User) bool { return m.Ref == who })
	lacks := slices.Contains(n.missing, chat.RightInvite) || slices.Contains(n.missing, chat.RightAdmin)
	switch {
	case n.down:
		n.mu.Unlock()
		return &chat.SendError{Fault: chat.Retry, Err: errors.New("unreachable")}
	case lacks:
		n.mu.Unlock()
		return &chat.SendError{Fault: chat.Rejected, Err: errors.New("not enough rights")}
	case i < 0:
		n.mu.Unlock()
		return &chat.SendError{Fault: chat.Rejected, Err: chat.ErrNoRequest}
	}
	u := n.asking[i]
	n.asking = slices.Delete(n.asking, i, i+1)
	n.next++
	ev := chat.Event{ID: chat.Ref{Domain: n.domain, ID: "admitted:" + strconv.Itoa(n.next)}, Chat: c, Kind: chat.Join, Sender: u, At: time.Now().UTC(), Detail: chat.Membership{User: u}}
	if n.now != nil {
		ev.At = n.now().UTC()
	}
	n.mu.Unlock()
	if !admit {
		return nil
	}
	return n.Deliver(ctx, ev)
}

// Asking lets people ask to be let in, or take that back.
func (n *Network) Asking(asks bool, who ...chat.User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, u := range who {
		n.asking = slices.DeleteFunc(n.asking, func(m chat.User) bool { return m.Ref == u.Ref })
		if asks {
			n.asking = append(n.asking, u)
		}
	}
}

// Revoke implements chat.Inviter.
func (n *Network) Revoke(_ context.Context, _ chat.Chat, id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.revoked = append(n.revoked, id)
	return nil
}

// Revoked lists the ways that were closed, in order.
func (n *Network) Revoked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.revoked)
}
