package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/config"
	"qunmate/bot/platform/telegram"
	"qunmate/bot/platform/wechatmp"
	"qunmate/bot/platform/wecomapp"
	"qunmate/bot/platform/wecombot"
	"qunmate/bot/platform/wecomcontact"
	"qunmate/bot/platform/wecomhook"
	"qunmate/templates"
)

// connection is one entry of the configuration and how it is made.
type connection struct {
	config.Connection
	// home is the community its 1:1 chats act in, empty: the person's own.
	home string
	// standsIn is the group of an aibot in which it posts what that one cannot,
	// empty: none.
	standsIn string
	// build makes it.
	build func(context.Context) (chat.Platform, error)
}

// maker makes the connections of a configuration, for the running program and
// for `check -online` alike. Making one does not use the network.
type maker struct {
	cfg   *config.Config
	texts *templates.Set
	log   *slog.Logger
	now   func() time.Time
	// webhookSecret is what Telegram proves itself with where the configuration
	// leaves that to us.
	webhookSecret func(ctx context.Context, name string) (string, error)
	// alarm hears what a connection says of itself that somebody has to mend.
	alarm func(connection string, f chat.Finding)
	// groups keeps what is known of an app's customer groups.
	groups func(agent, connection string) wecomcontact.Store
	// uploads keep what a connection's platform calls the pictures it has; nil:
	// nothing is sent.
	uploads func(kind, name string) chat.Uploads
	// probe allows to log in where that takes the connection away from a
	// program that is running.
	probe bool
}

// connections lists what is configured, in the order of config.Connections.
func (m maker) connections() []connection {
	var all []connection
	add := func(kind, name, home string, build func(context.Context) (chat.Platform, error)) *connection {
		all = append(all, connection{Connection: config.Connection{Kind: kind, Name: name}, home: home, build: build})
		return &all[len(all)-1]
	}
	for _, t := range m.cfg.Telegram {
		add(config.KindTelegram, t.Name, "", func(ctx context.Context) (chat.Platform, error) { return made(m.telegram(ctx, t)) })
	}
	apps, robots := m.apps(), m.robots()
	for _, b := range m.cfg.WeCom.AIBots {
		add(config.KindAIBot, b.Name, "", func(context.Context) (chat.Platform, error) { return made(m.aibot(b, apps, robots)) })
	}
	for i, w := range m.cfg.WeCom.Webhooks {
		add(config.KindWebhook, w.Name, "", func(context.Context) (chat.Platform, error) { return made(robots[i]()) }).standsIn = w.Chat
	}
	for i, a := range m.cfg.WeCom.Apps {
		add(config.KindApp, a.Name, a.Community, func(context.Context) (chat.Platform, error) { return made(apps[i]()) })
	}
	for i, a := range m.cfg.WeCom.Apps {
		if a.Contacts {
			add(config.KindApp, a.Name+customerGroups, a.Community, func(ctx context.Context) (chat.Platform, error) { return made(m.contact(ctx, a, apps[i])) })
		}
	}
	for _, a := range m.cfg.WeChat.OfficialAccounts {
		add(config.KindOfficialAccount, a.Name, a.Community, func(context.Context) (chat.Platform, error) { return made(m.officialAccount(a)) })
	}
	return all
}

// made keeps a nil pointer from becoming an interface that is not nil.
func made[P chat.Platform](p P, err error) (chat.Platform, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}

// uploadsOf are the uploads of a connection, nil where none are kept.
func (m maker) uploadsOf(kind, name string) chat.Uploads {
	if m.uploads == nil {
		return nil
	}
	return m.uploads(kind, name)
}

func (m maker) telegram(ctx context.Context, t config.Telegram) (*telegram.Telegram, error) {
	secret := t.WebhookSecret.Reveal()
	if t.Mode == string(telegram.Webhook) && secret == "" {
		var err error
		if secret, err = m.webhookSecret(ctx, t.Name); err != nil {
			return nil, err
		}
	}
	return telegram.New(telegram.Options{
		Name: t.Name, Token: t.Token.Reveal(), BaseURL: t.BaseURL, Mode: telegram.Mode(t.Mode), WebhookSecret: secret,
		PublicURL: m.cfg.HTTP.PublicURL, Log: m.log, Now: m.now, Uploads: m.uploadsOf(config.KindTelegram, t.Name),
	})
}

func (m maker) aibot(b config.AIBot, apps []onceApp, robots []onceRobot) (*wecombot.Bot, error) {
	submit, err := m.word("common.submit")
	if err != nil {
		return nil, err
	}
	var people wecombot.People
	if len(apps) > 0 {
		if people, err = apps[0](); err != nil {
			return nil, err
		}
	}
	others, err := m.fallbacks(robots)
	if err != nil {
		return nil, err
	}
	return wecombot.New(wecombot.Options{
		Name: b.Name, Mention: b.Mention, Mode: wecombot.Mode(b.Mode), WebSocketURL: b.WebSocketURL, BaseURL: m.cfg.WeCom.BaseURL,
		BotID: b.BotID, Secret: b.Secret.Reveal(), Token: b.Token.Reveal(), EncodingAESKey: b.EncodingAESKey.Reveal(),
		Words: wecombot.Words{Submit: submit}, People: people, Fallbacks: others, Probe: m.probe, Log: m.log, Now: m.now, Uploads: m.uploadsOf(config.KindAIBot, b.Name),
		Alarm: func(f chat.Finding) { m.alarm(b.Name, f) },
	})
}

// word is a text without values, in the language of the configuration.
func (m maker) word(name string) (string, error) {
	text, err := m.texts.Render(m.cfg.Language, name, nil)
	return chat.Plain(text), err
}

// onceApp makes an app, or gives the one that was made: besides its own chats
// an app serves the other connections of its corporation.
type onceApp func() (*wecomapp.App, error)

func (m maker) apps() []onceApp {
	var out []onceApp
	for _, a := range m.cfg.WeCom.Apps {
		out = append(out, sync.OnceValues(func() (*wecomapp.App, error) { return m.app(a) }))
	}
	return out
}

func (m maker) app(a config.App) (*wecomapp.App, error) {
	submit, err := m.word("common.submit")
	if err != nil {
		return nil, err
	}
	title, err := m.word("common.card_title")
	if err != nil {
		return nil, err
	}
	return wecomapp.New(wecomapp.Options{
		Name: a.Name, CorpID: m.cfg.WeCom.CorpID, AgentID: a.AgentID, Secret: a.Secret.Reveal(),
		Token: a.Token.Reveal(), EncodingAESKey: a.EncodingAESKey.Reveal(), BaseURL: m.cfg.WeCom.BaseURL,
		Words: wecomapp.Words{Submit: submit, Title: title}, Log: m.log, Now: m.now, Uploads: m.uploadsOf(config.KindApp, a.Name),
	})
}

// onceRobot makes a group robot, or gives the one that was made: what it posts
// for an aibot counts among its own messages.
type onceRobot func() (*wecomhook.Robot, error)

func (m maker) robots() []onceRobot {
	var out []onceRobot
	for _, w := range m.cfg.WeCom.Webhooks {
		out = append(out, sync.OnceValues(func() (*wecomhook.Robot, error) { return m.robot(w) }))
	}
	return out
}

// fallbacks are the robots that stand in for aibots, by the id of the group.
func (m maker) fallbacks(robots []onceRobot) (map[string]wecombot.Fallback, error) {
	out := map[string]wecombot.Fallback{}
	for i, w := range m.cfg.WeCom.Webhooks {
		if w.Chat == "" {
			continue
		}
		r, err := robots[i]()
		if err != nil {
			return nil, err
		}
		out[w.Chat] = wecombot.Fallback{Name: w.Name, Send: r.StandIn}
	}
	return out, nil
}

func (m maker) robot(w config.Webhook) (*wecomhook.Robot, error) {
	return wecomhook.New(wecomhook.Options{Name: w.Name, Key: w.Key.Reveal(), StandsIn: w.Chat, BaseURL: m.cfg.WeCom.BaseURL, Log: m.log, Now: m.now})
}

func (m maker) officialAccount(a config.OfficialAccount) (*wechatmp.Account, error) {
	menu, err := m.accountMenu()
	if err != nil {
		return nil, err
	}
	return wechatmp.New(wechatmp.Options{
		Name: a.Name, AppID: a.AppID, AppSecret: a.AppSecret.Reveal(), Token: a.Token.Reveal(), EncodingAESKey: a.EncodingAESKey.Reveal(),
		BaseURL: m.cfg.WeChat.BaseURL, Menu: menu, Log: m.log, Now: m.now, Uploads: m.uploadsOf(config.KindOfficialAccount, a.Name),
	})
}

// accountMenu lays out the menu of an official account, which has room for
// three buttons with five entries each. What is not registered is left out by
// the platform.
func (m maker) accountMenu() ([]wechatmp.MenuGroup, error) {
	out := []wechatmp.MenuGroup{
		{Title: "common.menu_checkin", Commands: []string{"checkin"}},
		{Title: "common.menu_me", Commands: []string{"me", "why", "rank", "makeup", "invites"}},
		{Title: "common.menu_more", Commands: []string{"help", "rules", "invite", "feedback", "bind", "lang"}},
	}
	for i, g := range out {
		title, err := m.texts.Render(m.cfg.Language, g.Title, nil)
		if err != nil {
			return nil, err
		}
		out[i].Title = chat.Plain(title)
	}
	return out, nil
}
