package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/config"
	"qunmate/bot/platform/wecombot"
	"qunmate/bot/platform/wecomcontact"
	"qunmate/storage"
	"qunmate/templates"
)

// runCheck reads the configuration and, with -online, asks each platform who
// we are and what we may do.
func runCheck(ctx context.Context, p *program, f *flags) int {
	cfg := p.load(f)
	if cfg == nil {
		return exitFault
	}
	texts := p.loadTexts(f, cfg)
	if texts == nil {
		return exitFault
	}
	p.say("cli.config_good", map[string]any{"Connections": len(cfg.Connections()), "Sandbox": cfg.SandboxOn()})
	if !f.online {
		return exitOK
	}
	return p.checkOnline(ctx, cfg, texts)
}

// onlineLimit bounds all questions together.
const onlineLimit = time.Minute

// unaskedSecret: Telegram never tells a webhook's secret, so there is nothing to
// compare the real one with.
const unaskedSecret = "unasked"

func (p *program) checkOnline(ctx context.Context, cfg *config.Config, texts *templates.Set) int {
	ctx, cancel := context.WithTimeout(ctx, onlineLimit)
	defer cancel()
	m := maker{
		cfg: cfg, texts: texts, log: slog.New(slog.DiscardHandler), now: bot.NewClock(0).Now,
		webhookSecret: func(context.Context, string) (string, error) { return unaskedSecret, nil },
		groups:        func(string, string) wecomcontact.Store { return noGroups{} },
		alarm:         func(string, chat.Finding) {}, probe: idle(cfg.Database),
	}
	outside, err := newDoorbell(ctx, cfg, m.probe)
	if err != nil {
		return p.dbFault(cfg.Database, err)
	}
	code := exitOK
	for _, c := range m.connections() {
		platform, err := c.build(ctx)
		if err != nil {
			p.fail("cli.fault", map[string]any{"Error": err.Error()})
			return exitFault
		}
		chats, home, err := p.known(ctx, cfg.Database, c, platform)
		if err != nil {
			return p.dbFault(cfg.Database, err)
		}
		var findings []chat.Finding
		if checker, ok := platform.(chat.Checker); ok {
			findings = checker.Check(ctx, chats)
		}
		// Telegram knows better than we do whether it reaches us, and says it above.
		if called, ok := platform.(chat.Callback); ok && called.Path() != "" && c.Kind != config.KindTelegram {
			findings = append(findings, outside.check(ctx, called.Path()))
		}
		for _, f := range append(findings, home...) {
			data := map[string]any{"OK": f.OK, "Name": c.Name, "Text": p.text("check."+f.Code, localised(f, cfg.Location()))}
			if f.OK {
				p.say("cli.finding", data)
				continue
			}
			p.fail("cli.finding", data)
			code = exitFault
		}
	}
	return code
}

// idle reports that no program of ours uses the database: then none loses its
// connection when we log in to ask who we are.
func idle(database string) bool {
	if _, err := os.Stat(database); errors.Is(err, fs.ErrNotExist) {
		return true
	}
	release, err := storage.Lock(database)
	if err != nil {
		return false
	}
	return release() == nil
}

// What is found out about the community, or the group, that a connection names.
const (
	homeFound   = "community.found"   // name, id
	homeGroups  = "community.groups"  // name, id: for customer groups
	homeMissing = "community.missing" // name
	homeSeveral = "community.several" // name, ids

	standInFound   = "standin.found"   // id, chat: its title
	standInMissing = "standin.missing" // id
)

// known lists the groups a connection answers in, and what became of the
// community or the group it names; without a database yet there is nothing of
// all that.
func (p *program) known(ctx context.Context, path string, c connection, platform chat.Platform) (groups []chat.Chat, home []chat.Finding, err error) {
	db, err := storage.Open(ctx, path, storage.Options{ReadOnly: true, Now: time.Now})
	if errors.Is(err, storage.ErrNoFile) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = db.Close() }()
	err = db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		rows, err := r.Chats(ctx, "")
		if err != nil {
			return err
		}
		for _, h := range rows {
			ours := h.Connection == c.Name || h.Connection == platform.Domain()+"/"+c.Name
			if h.Kind == string(chat.Group) && h.Domain == platform.Domain() && ours {
				groups = append(groups, chat.Chat{Ref: chat.Ref{Domain: h.Domain, ID: h.ExternalID}, Type: chat.Group, Title: h.Title})
			}
		}
		if c.standsIn != "" {
			home = append(home, standInFinding(c.standsIn, rows))
		}
		if c.home == "" {
			return nil
		}
		found, err := bot.HomeCommunity(ctx, r, c.home)
		f := homeFinding(c.home, found)
		if f.OK && strings.HasSuffix(c.Name, customerGroups) {
			f.Code = homeGroups
		}
		home = append(home, f)
		return err
	})
	return groups, home, err
}

// standInFinding tells whether the group for which a webhook stands in is one
// that an aibot was heard in.
func standInFinding(id string, known []storage.Chat) chat.Finding {
	for _, h := range known {
		if h.Domain == wecombot.Domain && h.ExternalID == id && h.Kind == string(chat.Group) {
			return chat.Finding{OK: true, Code: standInFound, Args: map[string]string{"id": id, "chat": h.Title}}
		}
	}
	return chat.Finding{Code: standInMissing, Args: map[string]string{"id": id}}
}

func homeFinding(name string, found []storage.Community) chat.Finding {
	f := chat.Finding{Code: homeMissing, Args: map[string]string{"name": name}}
	var ids []string
	for _, c := range found {
		ids = append(ids, strconv.FormatInt(c.ID, 10))
	}
	switch len(found) {
	case 0:
	case 1:
		f.OK, f.Code = true, homeFound
		f.Args["name"], f.Args["id"] = found[0].Name, ids[0]
	default:
		f.Code, f.Args["ids"] = homeSeveral, strings.Join(ids, ",")
	}
	return f
}
