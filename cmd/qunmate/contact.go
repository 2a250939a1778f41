package main

import (
	"context"
	"strconv"

	"qunmate/bot/chat"
	"qunmate/bot/config"
	"qunmate/bot/platform/wecomcontact"
	"qunmate/storage"
)

// customerGroups is what the connection of an app's customer groups is called
// behind the app's own name: no name in the configuration holds a slash.
const customerGroups = "/groups"

// noWelcome is the text that stands for no welcome template: what people of
// WeChat should read when they come in is for each operator to say.
const noWelcome = "-"

// contact makes the connection of an app's customer groups. Their changes come
// in at the app's door, if it has one.
func (m maker) contact(ctx context.Context, a config.App, app onceApp) (*wecomcontact.Contact, error) {
	welcome, err := m.word("common.group_welcome")
	if err != nil {
		return nil, err
	}
	if welcome == noWelcome {
		welcome = ""
	}
	door, err := app()
	if err != nil {
		return nil, err
	}
	name := a.Name + customerGroups
	c, err := wecomcontact.New(ctx, wecomcontact.Options{
		Name: name, CorpID: m.cfg.WeCom.CorpID, AgentID: a.AgentID, Secret: a.Secret.Reveal(), BaseURL: m.cfg.WeCom.BaseURL,
		Store: m.groups(strconv.Itoa(a.AgentID), name), Welcome: welcome, Callbacks: door.Path() != "",
		Alarm: func(f chat.Finding) { m.alarm(name, f) }, Log: m.log, Now: m.now,
		// What is uploaded is shared in the corporation (path 90253).
		Uploads: m.uploadsOf(config.KindApp, a.Name),
	})
	if err != nil {
		return nil, err
	}
	door.Handle(wecomcontact.Event, func(ctx context.Context, plain []byte) error {
		_, err := c.HandleEvent(ctx, plain)
		return err
	})
	return c, nil
}

// groupStore is the database in the words of the platform, which knows none.
type groupStore struct{ storage.WeComContact }

var _ wecomcontact.Store = groupStore{}

func (s groupStore) Groups(ctx context.Context) ([]wecomcontact.Group, error) {
	rows, err := s.WeComContact.Groups(ctx)
	return each(rows, func(g storage.ContactGroup) wecomcontact.Group { return wecomcontact.Group(g) }), err
}

func (s groupStore) Baseline(ctx context.Context, chatID string) (wecomcontact.Group, []wecomcontact.Member, error) {
	g, rows, err := s.WeComContact.Baseline(ctx, chatID)
	return wecomcontact.Group(g), each(rows, func(m storage.ContactMember) wecomcontact.Member { return wecomcontact.Member(m) }), err
}

func (s groupStore) Apply(ctx context.Context, g wecomcontact.Group, members []wecomcontact.Member, events [][]byte, done []int64) error {
	rows := each(members, func(m wecomcontact.Member) storage.ContactMember { return storage.ContactMember(m) })
	return s.WeComContact.Apply(ctx, storage.ContactGroup(g), rows, events, done)
}

func (s groupStore) Note(ctx context.Context, c wecomcontact.Change) (bool, error) {
	return s.WeComContact.Note(ctx, storage.ContactChange(c))
}

func (s groupStore) Changes(ctx context.Context, chatID string) ([]wecomcontact.Change, error) {
	rows, err := s.WeComContact.Changes(ctx, chatID)
	return each(rows, func(c storage.ContactChange) wecomcontact.Change { return wecomcontact.Change(c) }), err
}

func (s groupStore) Queue(ctx context.Context, limit int) ([]wecomcontact.Queued, error) {
	rows, err := s.WeComContact.Queue(ctx, limit)
	return each(rows, func(e storage.ContactEvent) wecomcontact.Queued { return wecomcontact.Queued(e) }), err
}

func (s groupStore) Waiting(ctx context.Context) ([]wecomcontact.Task, error) {
	rows, err := s.WeComContact.Waiting(ctx)
	return each(rows, func(l storage.WaitingLetter) wecomcontact.Task {
		return wecomcontact.Task{Chat: l.Chat, ID: l.ExternalID, Since: l.Since}
	}), err
}

func (s groupStore) Way(ctx context.Context, chatID, state string) (wecomcontact.Way, bool, error) {
	w, found, err := s.WeComContact.Way(ctx, chatID, state)
	return wecomcontact.Way(w), found, err
}

func (s groupStore) KeepWay(ctx context.Context, w wecomcontact.Way) error {
	return s.WeComContact.KeepWay(ctx, storage.ContactWay(w))
}

func each[A, B any](in []A, convert func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, v := range in {
		out = append(out, convert(v))
	}
	return out
}

// noGroups is the store of a connection that is only asked who it is.
type noGroups struct{ wecomcontact.Store }

// Groups implements wecomcontact.Store: it knows none.
func (noGroups) Groups(context.Context) ([]wecomcontact.Group, error) { return nil, nil }
