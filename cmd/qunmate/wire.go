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
	"qunmate/bot/config"
	"qunmate/bot/platform/sandbox"
	"qunmate/bot/platform/telegram"
	"qunmate/commands/checkin"
	"qunmate/commands/help"
	"qunmate/commands/points"
	"qunmate/commands/settings"
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
	}
	for _, a := range h.cfg.Admins {
		if ref, err := chat.ParseRef(a); err == nil { // checked with the configuration
			o.Operators = append(o.Operators, ref)
		}
	}
	_, o.Unlimited = h.program.env("QUNMATE_UNLIMITED")
	for _, f := range families() {
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
func families() []family {
	own := settings.Options{Random: random, CheckinRule: settingsRule}
	return []family{
		{help.Commands(help.Sources{Checkin: checkinRule, Talk: talkRule}), nil, nil},
		{checkin.Commands(), checkin.Actions(), checkin.Listeners()},
		{points.Commands(), points.Actions(), points.Listeners()},
		{settings.Commands(own), settings.Actions(own), nil},
	}
}

// random fills b from the machine's source of randomness.
func random(b []byte) { _, _ = rand.Read(b) } // never fails since Go 1.24

// platforms makes every configured connection, in order.
func (h *house) platforms(ctx context.Context) ([]chat.Platform, error) {
	var out []chat.Platform
	for _, c := range h.cfg.Connections() {
		if c.Kind != config.KindTelegram {
			h.program.fail("cli.not_built", map[string]any{"Kind": c.Kind, "Name": c.Name})
		}
	}
	for _, t := range h.cfg.Telegram {
		p, err := h.telegram(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("telegram %s: %w", t.Name, err)
		}
		out = append(out, p)
	}
	if h.cfg.SandboxOn() {
		s, err := h.sandbox(len(out) == 0) //nolint:contextcheck // the page outlives the start
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s", h.program.text("cli.nothing_to_run", nil))
	}
	return out, nil
}

func (h *house) telegram(ctx context.Context, t config.Telegram) (*telegram.Telegram, error) {
	secret := t.WebhookSecret.Reveal()
	if t.Mode == string(telegram.Webhook) && secret == "" {
		err := h.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			var err error
			secret, err = tx.WebhookSecret(ctx, "telegram:"+t.Name, func() string {
				var b [32]byte
				random(b[:])
				return base64.RawURLEncoding.EncodeToString(b[:])
			})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	p, err := telegram.New(telegram.Options{
		Name: t.Name, Token: t.Token.Reveal(), BaseURL: t.BaseURL, Mode: telegram.Mode(t.Mode), WebhookSecret: secret,
		PublicURL: h.cfg.HTTP.PublicURL, Log: h.log, Now: h.clock.Now,
	})
	if err == nil && t.Mode == string(telegram.Webhook) {
		h.doors.callback(p)
	}
	return p, err
}

// sandbox makes the browser's chat network. Its clock can be moved only when
// no real platform would see the moved time.
func (h *house) sandbox(alone bool) (*sandbox.Sandbox, error) {
	o := sandbox.Options{
		Name: "sandbox", Assets: templates.SandboxFiles(), Language: h.cfg.Language, Now: h.clock.Now, Zone: h.cfg.Location,
		Store: storage.Sandbox{DB: h.db}, Log: h.log.With("connection", "sandbox"),
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
