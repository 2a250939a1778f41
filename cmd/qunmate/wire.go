package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"strconv"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/picture"
	"qunmate/bot/platform/sandbox"
	"qunmate/bot/platform/wecomcontact"
	"qunmate/commands/announce"
	"qunmate/commands/checkin"
	"qunmate/commands/draw"
	"qunmate/commands/faq"
	"qunmate/commands/feedback"
	"qunmate/commands/help"
	"qunmate/commands/invite"
	"qunmate/commands/points"
	"qunmate/commands/poll"
	"qunmate/commands/qa"
	"qunmate/commands/quiz"
	"qunmate/commands/remind"
	"qunmate/commands/schedule"
	"qunmate/commands/settings"
	"qunmate/commands/signup"
	"qunmate/scheduler"
	"qunmate/scheduler/when"
	"qunmate/storage"
	"qunmate/templates"
)

// engineOptions names every command family. A new one is one line here.
func (h *house) engineOptions(platforms []chat.Platform) bot.Options {
	o := bot.Options{
		DB: h.db, Texts: h.texts, Platforms: platforms, Clock: h.clock, Log: h.log,
		Language: h.cfg.Language, Timezone: h.cfg.Timezone, DayStart: int(h.cfg.DayStart() / time.Minute),
		Homes: h.homes,
	}
	o.Draw, o.DrawPoster, o.Shrink = picture.Bars, picture.Poster, picture.Fit
	for _, a := range h.cfg.Admins {
		if ref, err := chat.ParseRef(a); err == nil { // checked with the configuration
			o.Operators = append(o.Operators, ref)
		}
	}
	_, o.Unlimited = h.program.env("QUNMATE_UNLIMITED")
	for _, f := range h.families() {
		o.Commands = append(o.Commands, f.commands...)
		o.Actions = append(o.Actions, f.actions...)
		o.Listeners = append(o.Listeners, f.listeners...)
	}
	return o
}

type family struct {
	commands  []bot.Command
	actions   []bot.Action
	listeners []bot.Listener
}

// families lists what the program can do.
func (h *house) families() []family {
	own := settings.Options{Random: random, CheckinRule: settingsRule, Bound: invite.Bound, Parted: invite.Parted}
	draws := h.drawOptions()
	return []family{
		{help.Commands(help.Sources{Checkin: checkinRule, Talk: talkRule, Answer: help.AnswerRule(qa.RuleInForce()), Invites: invite.RuleInWords}), nil, nil},
		{checkin.Commands(), checkin.Actions(), checkin.Listeners()},
		{points.Commands(), points.Actions(), points.Listeners()},
		{faq.Commands(), faq.Actions(), faq.Listeners()},
		{feedback.Commands(), feedback.Actions(), nil},
		{invite.Commands(invite.Options{Secret: []byte(h.inviteSecret)}), invite.Actions(), invite.Listeners()},
		{qa.Commands(), qa.Actions(), qa.Listeners()},
		{schedule.Commands(), schedule.Actions(), schedule.Listeners()},
		{quiz.Commands(quiz.Options{Random: random}), quiz.Actions(), quiz.Listeners()},
		{settings.Commands(own), settings.Actions(own), settings.Listeners()},
		{draw.Commands(draws), draw.Actions(draws), draw.Listeners(draws)},
		{announce.Commands(), announce.Actions(), announce.Listeners()},
		{poll.Commands(), poll.Actions(), poll.Listeners()},
		{signup.Commands(), signup.Actions(), signup.Listeners()},
		{remind.Commands(), remind.Actions(), remind.Listeners()},
	}
}

// random fills b from the machine's source of randomness.
func random(b []byte) { _, _ = rand.Read(b) } // never fails since Go 1.24

// platforms makes every configured connection, in order, and says in which
// community the 1:1 chats of each act.
func (h *house) platforms(ctx context.Context) ([]chat.Platform, error) {
	var out []chat.Platform
	var homes []string
	for _, c := range h.maker().connections() {
		p, err := c.build(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", c.Kind, c.Name, err)
		}
		if called, ok := p.(chat.Callback); ok && called.Path() != "" {
			h.doors.callback(called)
		}
		out, homes = append(out, p), append(homes, c.home)
	}
	if h.cfg.SandboxOn() {
		s, err := h.sandbox(len(out) == 0) //nolint:contextcheck // the page outlives the start
		if err != nil {
			return nil, err
		}
		out, homes = append(out, s), append(homes, "")
	}
	h.homes = map[string]string{}
	for i, route := range bot.Routes(out) {
		h.homes[route] = homes[i]
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s", h.program.text("cli.nothing_to_run", nil))
	}
	return out, nil
}

func (h *house) maker() maker {
	return maker{
		cfg: h.cfg, texts: h.texts, log: h.log, now: h.clock.Now, webhookSecret: h.webhookSecret,
		groups: func(agent, connection string) wecomcontact.Store {
			return groupStore{storage.WeComContact{DB: h.db, Agent: agent, Connection: connection}}
		},
		uploads: func(kind, name string) chat.Uploads {
			return storage.Uploads{DB: h.db, Connection: kind + "/" + name}
		},
		alarm: func(name string, f chat.Finding) {
			h.engine.Notify("common.connection", struct { // it runs when this is called
				Name, Text string
				OK         bool
			}{name, h.finding(f), f.OK})
		},
	}
}

// finding is the text of a finding, in the operators' language.
func (h *house) finding(f chat.Finding) string {
	text, err := h.texts.Render(h.cfg.Language, "check."+f.Code, localised(f, h.cfg.Location()))
	if err != nil {
		h.log.Error("finding", "code", f.Code, "err", err)
		return f.Code
	}
	return chat.Plain(text)
}

// localised writes the instants of a finding, which platforms tell in UTC, as
// the operator's clock shows them.
func localised(f chat.Finding, zone *time.Location) chat.Finding {
	args := make(map[string]string, len(f.Args))
	for k, v := range f.Args {
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			v = at.In(zone).Format("01-02 15:04")
		}
		args[k] = v
	}
	f.Args = args
	return f
}

// webhookSecret makes the secret of a webhook once and keeps it.
func (h *house) webhookSecret(ctx context.Context, name string) (string, error) {
	return h.secretFor(ctx, "telegram:"+name)
}

// secretFor makes a secret once and keeps it.
func (h *house) secretFor(ctx context.Context, what string) (string, error) {
	var secret string
	err := h.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		var err error
		secret, err = tx.WebhookSecret(ctx, what, func() string {
			var b [32]byte
			random(b[:])
			return base64.RawURLEncoding.EncodeToString(b[:])
		})
		return err
	})
	return secret, err
}

// sandbox makes the browser's chat network. Its clock can be moved only when
// no real platform would see the moved time.
func (h *house) sandbox(alone bool) (*sandbox.Sandbox, error) {
	o := sandbox.Options{
		Name: "sandbox", Assets: templates.SandboxFiles(), Language: h.cfg.Language, Now: h.clock.Now, Zone: h.cfg.Location,
		Store: storage.Sandbox{DB: h.db}, Log: h.log.With("connection", "sandbox"), Upcoming: h.upcoming,
	}
	if alone {
		o.Shift = h.shift
	}
	if host, _, err := net.SplitHostPort(h.cfg.HTTP.Listen); err == nil && host != "" {
		o.Hosts = []string{host, h.cfg.HTTP.Listen}
	}
	s, err := sandbox.New(o)
	if err != nil {
		return nil, err
	}
	h.doors.page = s.Handler()
	return s, nil
}

// shift moves the program's clock forward and remembers how far.
func (h *house) shift(ctx context.Context, to time.Time) error {
	offset, err := h.clock.Shift(to)
	if err != nil {
		return err
	}
	return h.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return tx.SetSetting(ctx, storage.SettingClockOffset, strconv.FormatInt(offset.Milliseconds(), 10))
	})
}

// restoreClock moves the clock to where the sandbox left it. With a real
// platform in the configuration the time is the real one.
func (h *house) restoreClock(ctx context.Context) error {
	if !h.cfg.SandboxOn() || len(h.cfg.Connections()) > 0 {
		return nil
	}
	return h.db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		v, err := r.Setting(ctx, storage.SettingClockOffset)
		if err != nil || v == "" {
			return err
		}
		ms, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return fmt.Errorf("setting %s: %w", storage.SettingClockOffset, err)
		}
		_, err = h.clock.Shift(h.clock.Now().Add(time.Duration(ms) * time.Millisecond))
		return err
	})
}

// newScheduler plans the program's own repeated jobs.
func (h *house) newScheduler() (*scheduler.Scheduler, error) {
	s := &scheduler.Scheduler{DB: h.db, Clock: h.clock, Log: h.log}
	if h.cfg.Backups.Folder == "" {
		return s, nil
	}
	at, err := when.Parse(h.cfg.Backups.Cron, h.cfg.Location())
	if err != nil {
		return nil, err
	}
	s.Jobs = append(s.Jobs, scheduler.Job{Name: "backup", Schedule: at, Grace: backupGrace, Run: h.dailyBackup})
	return s, nil
}
