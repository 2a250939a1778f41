package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/input"
	"qunmate/storage"
)

// storedButton marks a button whose command was too long for the platform: the
// rest is the row that holds it.
const storedButton = "!"

// typed handles what a person typed or pressed.
func (e *Engine) typed(ctx context.Context, req *Request) (Reply, error) {
	text, err := e.said(ctx, req)
	if err != nil {
		return Reply{}, err
	}
	if err := req.enter(ctx); err != nil {
		return Reply{}, err
	}
	if req.Event.ForOther {
		return e.talk(ctx, req)
	}
	direct := req.Private || req.Event.ToBot || req.Event.Kind == chat.Press
	inReply := req.Event.ByReply && !req.Private
	inv := e.invocation(req, text)
	inv, answer, err := e.answered(ctx, req, text, inv)
	if err != nil {
		return Reply{}, err
	}
	switch {
	case inv.Command != "":
		if !answer && inv.Command == "cancel" {
			return e.run(ctx, req, inv) // it has a word to say of the question
		}
		if _, err := req.closeQuestion(ctx); err != nil {
			return Reply{}, err
		}
		return e.run(ctx, req, inv)
	case direct && req.Event.Kind == chat.Message:
		if r, err := e.talk(ctx, req); err != nil || r.Template != "" {
			return r, err
		}
		if text == "" {
			return e.called(ctx, req)
		}
		if inReply && !e.commandLike(text) {
			return Reply{}, nil
		}
		return e.unknown(req, inv.Unknown), nil
	case req.Event.Kind == chat.Press:
		return Reply{}, Refuse("common.stale_button", nil)
	}
	return e.talk(ctx, req)
}

// isTalk reports whether a text reads like something said, not like a command:
// several words without a slash.
func isTalk(text string) bool {
	words := input.NewArgs(text)
	return words.Len() > 1 && !strings.HasPrefix(words.Word(0), "/")
}

// commandLike reports whether somebody who replied to the bot without saying
// its name meant a command: it has a slash, or is one word that is nearly one.
func (e *Engine) commandLike(text string) bool {
	word := input.NewArgs(text).Lower(0)
	return strings.HasPrefix(word, "/") || !isTalk(text) && input.Nearest(word, e.Texts.Names()) != ""
}

func (e *Engine) buttonText(ctx context.Context, req *Request, id string) (string, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return "", Refuse("common.stale_button", nil)
	}
	text, err := req.Tx.ButtonCommand(ctx, n)
	if errors.Is(err, storage.ErrNotFound) {
		return "", Refuse("common.stale_button", nil)
	}
	return text, err
}

// enter notes that the sender is in the group; who writes there is a member.
func (req *Request) enter(ctx context.Context) error {
	if req.Private || req.Account.ID == 0 || req.Event.Sender.Anonymous {
		return nil
	}
	if req.Event.Kind == chat.Press {
		// Who left a public group still sees its buttons: a press brings nobody back.
		p, err := req.Tx.Presence(ctx, req.Chat.ID, req.Account.ID)
		if err == nil && !p.Present {
			return nil
		}
		if err := ignoreNotFound(err); err != nil {
			return err
		}
	}
	_, err := req.Tx.Enter(ctx, req.Chat.ID, req.Account.ID, req.At)
	return err
}

// talk is what is no command: it is counted and heard by listeners.
func (e *Engine) talk(ctx context.Context, req *Request) (Reply, error) {
	if req.Account.ID == 0 || req.Event.Sender.Anonymous || req.Event.Kind != chat.Message {
		return Reply{}, nil
	}
	if !req.Private {
		if err := req.Tx.CountMessage(ctx, req.Chat.ID, req.Account.ID, req.At); err != nil {
			return Reply{}, err
		}
	}
	if err := req.Tx.CountTalk(ctx, req.Chat.ID, req.Account.ID, req.Day); err != nil {
		return Reply{}, err
	}
	if err := req.loadMember(ctx); err != nil {
		return Reply{}, err
	}
	return e.listen(ctx, req)
}

// unknown is the one line for somebody who spoke to the bot by name.
func (e *Engine) unknown(req *Request, word string) Reply {
	v := struct {
		Near, Key string // the name that is near, and what is heard everywhere
		Mentioned bool   // the bot's name must stand in front
		Mention   string
	}{Mentioned: req.Caps.Mentioned, Mention: req.Caps.Mention}
	if word != "" {
		near := input.Nearest(strings.TrimPrefix(word, "/"), e.Texts.Names())
		key := e.Texts.Names().Command(near)
		if _, can := e.registry.commands[key]; can {
			v.Near, v.Key = near, key
		}
	}
	return Reply{Template: "common.unknown", Data: v}
}

// run checks what a command declares and runs it.
func (e *Engine) run(ctx context.Context, req *Request, inv input.Invocation) (Reply, error) {
	cmd, ok := e.registry.commands[inv.Command]
	if !ok {
		// A sub-command's name without a command of its own is an argument.
		base, word, _ := strings.Cut(inv.Command, " ")
		if cmd, ok = e.registry.commands[base]; !ok {
			return e.quietUnknown(req, inv), nil
		}
		inv = input.Invocation{Command: base, Args: input.NewArgs(strings.TrimSpace(word + " " + inv.Args.String()))}
	}
	req.Command, req.Args = inv.Command, inv.Args
	if err := e.place(ctx, req, cmd); err != nil {
		return Reply{}, err
	}
	if err := req.loadMember(ctx); err != nil {
		return Reply{}, err
	}
	if cmd.Role > Member {
		ok, err := req.Is(ctx, cmd.Role)
		if err != nil {
			return Reply{}, err
		}
		if !ok && cmd.Bare != nil && req.Args.Len() == 0 {
			return cmd.Bare(ctx, req)
		}
		if !ok {
			return Reply{}, &Refusal{Quiet: true, Reply: Reply{Template: "common.not_allowed", Data: struct {
				Command string
				Role    string
			}{cmd.Name, roleName(cmd.Role)}}}
		}
	}
	return cmd.Run(ctx, req)
}

func (e *Engine) quietUnknown(req *Request, inv input.Invocation) Reply {
	if req.Private || req.Event.ToBot {
		return e.unknown(req, inv.Command)
	}
	return Reply{}
}

// place checks that the command makes sense here, and in a private chat asks
// which community is meant.
func (e *Engine) place(ctx context.Context, req *Request, cmd Command) error {
	switch {
	case cmd.Place == PrivateOnly && !req.Private:
		return Refuse("common.private_only", struct{ Command string }{cmd.Name})
	case cmd.Place == GroupOnly && req.Private:
		return Refuse("common.group_only", struct{ Command string }{cmd.Name})
	case cmd.Place == InCommunity && req.Private && req.Community == 0:
		return e.askCommunity(ctx, req, cmd)
	case req.Event.Sender.Anonymous && cmd.Role == Member && cmd.Place == InCommunity && !cmd.Impersonal:
		return Refuse("common.anonymous", nil)
	}
	return nil
}

// askCommunity lists the communities of a person who is in several, each with
// how the command stands there.
func (e *Engine) askCommunity(ctx context.Context, req *Request, cmd Command) error {
	all, err := req.Communities(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return req.NoCommunity()
	}
	data := struct {
		Count int
		Word  string
	}{Count: len(all)}
	labels, err := req.communityLabels(ctx, all)
	if err != nil {
		return err
	}
	var choices []Choice
	for i, c := range all {
		label := labels[i]
		if cmd.Label != nil {
			there := *req
			there.Community, there.Member = c.ID, storage.Member{}
			if err := there.setTimes(ctx); err != nil {
				return err
			}
			if err := there.loadMember(ctx); err != nil {
				return err
			}
			name, err := cmd.Label(ctx, &there)
			if err != nil {
				return err
			}
			if label.Status, err = e.Texts.Render(req.Language, name, nil); err != nil {
				return err
			}
		}
		choices = append(choices, Choice{
			Label: "common.community_choice", Data: label,
			Command: strings.TrimSpace("/use " + strconv.Itoa(i+1) + " /" + req.Command + " " + req.Args.String()),
		})
	}
	return Refuse("common.which_community", data, choices...)
}

// loadMember finds the sender's membership, making it at first sight.
func (req *Request) loadMember(ctx context.Context) error {
	if req.Community == 0 || req.Account.ID == 0 || req.Event.Sender.Anonymous {
		return nil
	}
	m, err := req.Tx.EnsureMember(ctx, req.Community, req.Account.PersonID)
	req.Member = m
	return err
}

// factsAge is how old a chat's list of administrators may be when a decision
// rests on it.
const factsAge = 10 * time.Minute

// Is reports whether the sender holds a role here. When the answer depends on
// a list of administrators that is too old, the event is parked (its error)
// until the list has been asked for; an event that has waited long enough is
// decided with what is known.
func (req *Request) Is(ctx context.Context, role Role) (bool, error) {
	have, err := req.role(ctx)
	if err != nil {
		return false, err
	}
	waited := !req.since.IsZero() && req.Tx.Now.Sub(req.since) >= parkLimit
	if have != Operator && role != Operator && !req.Event.Sender.Anonymous && !waited {
		old, err := req.outdated(ctx)
		if err != nil {
			return false, err
		}
		if len(old) > 0 {
			return false, &parkError{chats: old}
		}
	}
	req.Role = have
	return have >= role, nil
}

// outdated lists the chats whose administrators have to be asked for: this one;
// in a private chat those of the community, unless a list that is not too old
// names the sender.
func (req *Request) outdated(ctx context.Context) ([]storage.Chat, error) {
	chats := []storage.Chat{req.Chat}
	if req.Private {
		var err error
		if chats, err = req.Tx.ChatsOf(ctx, req.Community); err != nil {
			return nil, err
		}
	}
	var out []storage.Chat
	for _, c := range chats {
		p := req.engine.platforms[c.Connection]
		if _, can := p.(chat.FactFinder); !can || !p.Caps(chatOf(c)).AdminList {
			continue
		}
		if req.tooOld(c) {
			out = append(out, c)
			continue
		}
		if req.Private {
			roles, err := req.Tx.RolesOf(ctx, c.ID, req.Account.PersonID)
			if err != nil || slices.Contains(roles, storage.RoleAdmin) {
				return nil, err
			}
		}
	}
	return out, nil
}

// role is the sender's highest role by what is stored.
func (req *Request) role(ctx context.Context) (Role, error) {
	if req.Account.ID == 0 {
		return Member, nil
	}
	if req.Event.Sender.Anonymous {
		return ChatAdmin, nil
	}
	return req.engine.roleOf(ctx, req.Tx, req.Account, req.Chat, req.Community)
}

func (e *Engine) roleOf(ctx context.Context, tx *storage.Tx, a storage.Account, c storage.Chat, community int64) (Role, error) {
	accounts, err := tx.AccountsOf(ctx, a.PersonID)
	if err != nil {
		return Member, err
	}
	for _, one := range accounts {
		if e.operators[chat.Ref{Domain: one.Domain, ID: one.ExternalID}] {
			return Operator, nil
		}
	}
	p, err := tx.Person(ctx, a.PersonID)
	if err != nil {
		return Member, err
	}
	if p.Operator {
		return Operator, nil
	}
	chats := []storage.Chat{c}
	if c.Kind == string(chat.Private) {
		if chats, err = tx.ChatsOf(ctx, community); err != nil {
			return Member, err
		}
	}
	have := Member
	for _, c := range chats {
		roles, err := tx.RolesOf(ctx, c.ID, a.PersonID)
		if err != nil {
			return Member, err
		}
		for _, r := range roles {
			switch r {
			case storage.RoleAdmin:
				have = ChatAdmin
			case storage.RoleHost:
				have = max(have, Host)
			}
		}
	}
	return have, nil
}

func roleName(r Role) string {
	switch r {
	case Host:
		return "host"
	case ChatAdmin:
		return "admin"
	case Operator:
		return "operator"
	case Member:
	}
	return "member"
}
