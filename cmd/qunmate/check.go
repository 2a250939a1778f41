package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/config"
	"qunmate/bot/platform/telegram"
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
	if _, err := templates.Load(cfg.Templates); err != nil {
		p.fail("cli.fault", map[string]any{"Error": err.Error()})
		return exitFault
	}
	for _, c := range cfg.Connections() {
		if c.Kind != config.KindTelegram {
			p.say("cli.not_built", map[string]any{"Kind": c.Kind, "Name": c.Name})
		}
	}
	p.say("cli.config_good", map[string]any{"Connections": len(cfg.Connections()), "Sandbox": cfg.SandboxOn()})
	if !f.online {
		return exitOK
	}
	return p.checkOnline(ctx, cfg)
}

// onlineLimit bounds all questions together.
const onlineLimit = time.Minute

// unaskedSecret: Telegram never tells a webhook's secret, so there is nothing to
// compare the real one with.
const unaskedSecret = "unasked"

func (p *program) checkOnline(ctx context.Context, cfg *config.Config) int {
	ctx, cancel := context.WithTimeout(ctx, onlineLimit)
	defer cancel()
	log, clock := slog.New(slog.DiscardHandler), bot.NewClock(0)
	code := exitOK
	for _, t := range cfg.Telegram {
		platform, err := telegram.New(telegram.Options{
			Name: t.Name, Token: t.Token.Reveal(), BaseURL: t.BaseURL, Mode: telegram.Mode(t.Mode), PublicURL: cfg.HTTP.PublicURL,
			WebhookSecret: unaskedSecret, Log: log, Now: clock.Now,
		})
		if err != nil {
			p.fail("cli.fault", map[string]any{"Error": err.Error()})
			return exitFault
		}
		chats, err := p.knownChats(ctx, cfg.Database, t.Name)
		if err != nil {
			return p.dbFault(cfg.Database, err)
		}
		for _, finding := range platform.Check(ctx, chats) {
			data := map[string]any{"OK": finding.OK, "Name": t.Name, "Text": p.text("check."+finding.Code, finding)}
			if finding.OK {
				p.say("cli.finding", data)
				continue
			}
			p.fail("cli.finding", data)
			code = exitFault
		}
	}
	return code
}

// knownChats lists the chats a connection answers in; without a database yet
// there are none.
func (p *program) knownChats(ctx context.Context, path, connection string) ([]chat.Chat, error) {
	var out []chat.Chat
	db, err := storage.Open(ctx, path, storage.Options{ReadOnly: true, Now: time.Now})
	if errors.Is(err, storage.ErrNoFile) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	err = db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		rows, err := r.Chats(ctx, connection)
		for _, c := range rows {
			if c.Kind == string(chat.Group) {
				out = append(out, chat.Chat{Ref: chat.Ref{Domain: c.Domain, ID: c.ExternalID}, Type: chat.Group, Title: c.Title})
			}
		}
		return err
	})
	return out, err
}
