package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/input"
	"qunmate/storage"
)

const (
	previewLife = 10 * time.Minute
	// UndoLife is how long an administrator's change can be taken back.
	UndoLife = 24 * time.Hour
)

// Preview stores a change that waits for its author's word and returns the
// reply that shows it with its two buttons. data is what the action gets; the
// text gets view, with the preview's ID beside it as .ID.
func (req *Request) Preview(ctx context.Context, action, title string, data any, template string, view any) (Reply, error) {
	inner, err := json.Marshal(data)
	if err != nil {
		return Reply{}, fmt.Errorf("preview: %w", err)
	}
	text, err := json.Marshal(previewed{Community: req.Community, Data: inner})
	if err != nil {
		return Reply{}, fmt.Errorf("preview: %w", err)
	}
	id, err := req.Tx.AddPreview(ctx, storage.Preview{
		ChatID: req.Chat.ID, AccountID: req.Account.ID, Action: action, Data: string(text), Title: title, ExpiresAt: req.Tx.Now.Add(previewLife),
		Beside: req.engine.registry.actions[action].Shows != nil,
	})
	if err != nil {
		return Reply{}, err
	}
	n := strconv.FormatInt(id, 10)
	r := Reply{Template: template, Data: view, Choices: []Choice{
		{Label: "common.confirm", Command: "/confirm " + n},
		{Label: "common.cancel", Command: "/cancel " + n},
	}}
	if req.Caps.Edit {
		r.Slot = previewSlot(id) // so that its buttons can go
	}
	return r, nil
}

// previewSlot names the message of a preview.
func previewSlot(id int64) string { return storage.PreviewSlot + strconv.FormatInt(id, 10) }

// decided takes the buttons off the message of a preview that has its outcome:
// pressing them would do nothing any more.
func (req *Request) decided(ctx context.Context, p storage.Preview) error {
	if !req.Caps.Edit {
		return nil
	}
	l, err := req.Tx.SlotLetter(ctx, p.ChatID, previewSlot(p.ID))
	if err != nil {
		return ignoreNotFound(err)
	}
	var content chat.Content
	if err := json.Unmarshal([]byte(l.Content), &content); err != nil {
		return fmt.Errorf("letter %d: %w", l.ID, err)
	}
	if len(content.Choices) == 0 || content.File != nil || content.Chart != nil || content.Poster != nil || content.Picture != nil || content.Poll != nil {
		return nil
	}
	content.Choices, content.Retouch = nil, true
	text, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	_, err = req.Tx.Enqueue(ctx, storage.Letter{
		ChatID: l.ChatID, Connection: l.Connection, Lane: storage.LaneActivity, Kind: l.Kind, Slot: l.Slot,
		AccountID: l.AccountID, Thread: l.Thread, Content: string(text),
	})
	return err
}

// unpicked answers a /confirm or /cancel that found nothing to decide. Where
// that is because the preview is over, its buttons go.
func (req *Request) unpicked(ctx context.Context, p storage.Preview, err error) (Reply, error) {
	var no *Refusal
	over := p.ID != 0 && p.ChatID == req.Chat.ID && (p.State != storage.PreviewOpen || !p.ExpiresAt.After(req.Tx.Now))
	if !over || !errors.As(err, &no) {
		return Reply{}, err
	}
	return no.Reply, req.decided(ctx, p)
}

// previewed is what is stored of a preview: what the action gets, and where it
// was shown for.
type previewed struct {
	Community int64           `json:"community"`
	Data      json.RawMessage `json:"data"`
}

// Audit writes the row that /undo names and returns its number. before and
// after are stored as JSON; undo says whether it can be taken back.
func (req *Request) Audit(ctx context.Context, action string, before, after any, reason string, undo bool) (int64, error) {
	b, err := json.Marshal(before)
	if err != nil {
		return 0, fmt.Errorf("audit: %w", err)
	}
	a, err := json.Marshal(after)
	if err != nil {
		return 0, fmt.Errorf("audit: %w", err)
	}
	row := storage.Audited{CommunityID: req.Community, ChatID: req.Chat.ID, Action: action, Before: string(b), After: string(a), Reason: reason}
	if !req.Event.Sender.Anonymous {
		row.PersonID = req.Account.PersonID
	}
	if undo {
		row.UndoUntil = req.Tx.Now.Add(req.engine.registry.actions[action].undoLife())
	}
	return req.Tx.Audit(ctx, row)
}

// builtins are the commands of the engine itself.
func builtins() []Command {
	return []Command{
		{Name: "confirm", Place: Anywhere, Run: confirm},
		{Name: "cancel", Place: Anywhere, Run: cancel},
		{Name: "undo", Place: Anywhere, Run: undo},
		{Name: "use", Place: PrivateOnly, Run: use},
	}
}

func confirm(ctx context.Context, req *Request) (Reply, error) {
	p, err := pick(ctx, req)
	if err != nil {
		return req.unpicked(ctx, p, err)
	}
	a, ok := req.engine.registry.actions[p.Action]
	if !ok || a.Run == nil {
		return Reply{}, fmt.Errorf("preview %d has an unknown action %q", p.ID, p.Action)
	}
	var what previewed
	if err := json.Unmarshal([]byte(p.Data), &what); err != nil {
		return Reply{}, fmt.Errorf("preview %d: %w", p.ID, err)
	}
	if err := req.enterCommunity(ctx, what.Community); err != nil {
		return Reply{}, err
	}
	if err := req.check(ctx, a.Role); err != nil {
		return Reply{}, err
	}
	if err := req.Tx.ClosePreview(ctx, p.ID, storage.PreviewConfirmed); err != nil {
		return Reply{}, err
	}
	if err := req.decided(ctx, p); err != nil {
		return Reply{}, err
	}
	if err := req.forget(ctx, p, a); err != nil {
		return Reply{}, err
	}
	return a.Run(ctx, req, what.Data)
}

// enterCommunity goes to the community that a preview was shown for: by now the
// person may have chosen another one for his private commands.
func (req *Request) enterCommunity(ctx context.Context, id int64) error {
	if id == req.Community {
		return nil
	}
	if !req.Private {
		return Refuse("common.preview_cancelled", nil) // the group belongs elsewhere now
	}
	req.Community, req.Member = id, storage.Member{}
	if err := req.setTimes(ctx); err != nil {
		return err
	}
	return req.loadMember(ctx)
}

// check looks at the role once more: between preview and confirmation a person
// may have lost it. The list of administrators may be asked for again.
func (req *Request) check(ctx context.Context, role Role) error {
	if role == Member {
		return nil
	}
	ok, err := req.Is(ctx, role)
	if err != nil {
		return err
	}
	if !ok {
		return &Refusal{Quiet: true, Reply: Reply{Template: "common.not_allowed", Data: struct{ Command, Role string }{req.Command, roleName(role)}}}
	}
	return nil
}

func cancel(ctx context.Context, req *Request) (Reply, error) {
	if asked, err := req.closeQuestion(ctx); err != nil || asked && req.Args.Len() == 0 {
		return Reply{Template: "common.question_closed"}, err
	}
	p, err := pick(ctx, req)
	if err != nil {
		return req.unpicked(ctx, p, err)
	}
	if err := req.Tx.ClosePreview(ctx, p.ID, storage.PreviewCancelled); err != nil {
		return Reply{}, err
	}
	a := req.engine.registry.actions[p.Action]
	if err := req.forget(ctx, p, a); err != nil {
		return Reply{}, err
	}
	if err := req.decided(ctx, p); err != nil {
		return Reply{}, err
	}
	if a.Cancel != nil {
		reply, err := req.cancelled(ctx, p, a)
		if err != nil || reply.Template != "" {
			return reply, err
		}
	}
	return Reply{Template: "common.cancelled"}, nil
}

// cancelled lets an action end what it has to beside its preview.
func (req *Request) cancelled(ctx context.Context, p storage.Preview, a Action) (Reply, error) {
	var what previewed
	if err := json.Unmarshal([]byte(p.Data), &what); err != nil {
		return Reply{}, fmt.Errorf("preview %d: %w", p.ID, err)
	}
	if req.Private {
		if err := req.enterCommunity(ctx, what.Community); err != nil {
			return Reply{}, err
		}
	} else if what.Community != req.Community {
		return Reply{}, nil // the group belongs elsewhere now
	}
	return a.Cancel(ctx, req, what.Data)
}

// forget drops what a decided preview kept, where that is secret.
func (req *Request) forget(ctx context.Context, p storage.Preview, a Action) error {
	if !a.Secret {
		return nil
	}
	return req.Tx.BlankPreview(ctx, p.ID)
}

func undo(ctx context.Context, req *Request) (Reply, error) {
	word := strings.TrimPrefix(req.Args.Word(0), "#")
	id, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return Reply{}, Refuse("common.bad_number", struct{ Word, Example string }{word, "/undo 12"})
	}
	row, err := req.Tx.AuditRow(ctx, id)
	if err := ignoreNotFound(err); err != nil {
		return Reply{}, err
	}
	a := req.engine.registry.actions[row.Action]
	mine, err := req.mayUndo(ctx, a, row)
	if err != nil {
		return Reply{}, err
	}
	if !mine {
		return Reply{}, Refuse("common.no_audit", struct{ ID int64 }{id})
	}
	switch {
	case row.UndoneBy != 0:
		return Reply{}, Refuse("common.undone_before", struct{ ID int64 }{id})
	case a.Undo == nil || row.UndoUntil.IsZero():
		return Reply{}, Refuse("common.no_undo", struct {
			ID     int64
			Action string
		}{id, row.Action})
	case !row.UndoUntil.After(req.Tx.Now):
		return Reply{}, Refuse("common.undo_too_late", struct {
			ID   int64
			Days int // 0 = the usual day
		}{id, int(a.UndoLife / (24 * time.Hour))})
	}
	reply, err := a.Undo(ctx, req, row)
	if err != nil {
		return Reply{}, err
	}
	by, err := req.Audit(ctx, "undo", struct{ Undo int64 }{id}, struct{}{}, "", false)
	if err != nil {
		return Reply{}, err
	}
	return reply, req.Tx.MarkUndone(ctx, id, by)
}

// mayUndo reports whether a change is one the sender can see at all: one of this
// community, or his own affair. Who sees it without the role is refused.
func (req *Request) mayUndo(ctx context.Context, a Action, row storage.Audited) (bool, error) {
	if row.ID == 0 {
		return false, nil
	}
	if !a.Own {
		if row.CommunityID != req.Community {
			return false, nil
		}
		return true, req.check(ctx, max(a.Role, ChatAdmin))
	}
	if row.PersonID == 0 || req.Event.Sender.Anonymous {
		return false, nil
	}
	heir, err := req.Tx.Heir(ctx, row.PersonID)
	return heir == req.Account.PersonID, ignoreNotFound(err)
}

// use chooses the community that private commands act on; what follows the
// number is run there at once.
func use(ctx context.Context, req *Request) (Reply, error) {
	all, err := req.Communities(ctx)
	if err != nil {
		return Reply{}, err
	}
	if len(all) == 0 {
		return Reply{}, req.NoCommunity()
	}
	n, err := strconv.Atoi(strings.TrimPrefix(req.Args.Word(0), "#"))
	if err != nil || n < 1 || n > len(all) {
		labels, err := req.communityLabels(ctx, all)
		if err != nil {
			return Reply{}, err
		}
		var choices []Choice
		for i := range all {
			choices = append(choices, Choice{Label: "common.community_choice", Data: labels[i], Command: fmt.Sprintf("/use %d", i+1)})
		}
		return Reply{}, Refuse("common.which_community", struct {
			Count int
			Word  string // what names none of them
		}{len(all), req.Args.Word(0)}, choices...)
	}
	if err := req.Tx.SetHome(ctx, req.Account.PersonID, all[n-1].ID); err != nil {
		return Reply{}, err
	}
	req.Community, req.Member = all[n-1].ID, storage.Member{}
	if err := req.setTimes(ctx); err != nil {
		return Reply{}, err
	}
	if rest := req.Args.Rest(1); rest != "" {
		inv := input.Parse(rest, req.Names(), true)
		if inv.Command != "" && inv.Command != "use" {
			return req.runThere(ctx, inv)
		}
	}
	return Reply{Template: "common.using", Data: all[n-1]}, nil
}

// runThere runs a command in the community that was chosen along with it. If it
// is refused, the choice stays.
func (req *Request) runThere(ctx context.Context, inv input.Invocation) (Reply, error) {
	var reply Reply
	err := req.Tx.Savepoint(ctx, func(ctx context.Context) error {
		var err error
		reply, err = req.engine.run(ctx, req, inv)
		return err
	})
	var no *Refusal
	if errors.As(err, &no) && !no.Quiet {
		return no.Reply, nil
	}
	return reply, err
}
