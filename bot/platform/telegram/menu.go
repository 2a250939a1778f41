package telegram

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"qunmate/bot/chat"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

const (
	menuTries = 5
	// setMyCommands: at most 100 commands, a description of at most 256.
	maxCommands    = 100
	maxDescription = 256
	// probeLanguage is where the probe writes: Volapük, so that the one second
	// it takes is seen by nobody.
	probeLanguage = "vo"
)

var commandForm = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

// SetMenu keeps the command lists in step: members see theirs everywhere,
// administrators of a chat see all. A list is written only when Telegram shows
// another. The first time it also finds out about ephemeral messages.
//
// Telegram knows two-letter languages, so "zh-CN" becomes "zh". Entries that
// are no Telegram commands (other than a-z, 0-9, _) are left out.
func (t *Telegram) SetMenu(ctx context.Context, language string, menu []chat.Menu) error {
	lang, _, _ := strings.Cut(strings.ToLower(language), "-")
	members, all := commandLists(menu)
	for _, list := range []struct {
		scope    models.BotCommandScope
		commands []models.BotCommand
	}{
		{&models.BotCommandScopeDefault{}, members},
		{&models.BotCommandScopeAllGroupChats{}, members},
		{&models.BotCommandScopeAllChatAdministrators{}, all},
	} {
		err := t.quietly(ctx, func(ctx context.Context) error {
			return t.keepCommands(ctx, list.scope, lang, list.commands)
		})
		if err != nil {
			return fmt.Errorf("telegram %s: command list: %w", t.opts.Name, err)
		}
	}
	if t.whispers.proven.Load() || t.whispers.off.Load() || len(members) == 0 {
		return nil
	}
	if err := t.quietly(ctx, func(ctx context.Context) error { return t.probe(ctx, members) }); err != nil {
		return fmt.Errorf("telegram %s: probe for ephemeral messages: %w", t.opts.Name, err)
	}
	return nil
}

func commandLists(menu []chat.Menu) (members, all []models.BotCommand) {
	for _, m := range menu {
		text := strings.TrimSpace(m.Description)
		if r := []rune(text); len(r) > maxDescription {
			text = string(r[:maxDescription])
		}
		if !commandForm.MatchString(m.Command) || text == "" || len(all) == maxCommands {
			continue
		}
		c := models.BotCommand{Command: m.Command, Description: text}
		all = append(all, c)
		if !m.Admin {
			members = append(members, c)
		}
	}
	return members, all
}

func (t *Telegram) keepCommands(ctx context.Context, scope models.BotCommandScope, lang string, want []models.BotCommand) error {
	have, err := t.api.GetMyCommands(ctx, &tg.GetMyCommandsParams{Scope: scope, LanguageCode: lang})
	if err != nil || slices.Equal(have, want) {
		return err
	}
	if len(want) == 0 {
		_, err = t.api.DeleteMyCommands(ctx, &tg.DeleteMyCommandsParams{Scope: scope, LanguageCode: lang})
		return err
	}
	_, err = t.api.SetMyCommands(ctx, &tg.SetMyCommandsParams{Commands: want, Scope: scope, LanguageCode: lang})
	return err
}

// probe finds out whether the server knows ephemeral messages without sending
// one: a command list marked is_ephemeral is written where nobody looks, read
// back and removed. A server older than Bot API 10.2 drops the mark.
func (t *Telegram) probe(ctx context.Context, commands []models.BotCommand) error {
	scope := &models.BotCommandScopeAllGroupChats{}
	marked := slices.Clone(commands)
	for i := range marked {
		marked[i].IsEphemeral = true
	}
	_, err := t.api.SetMyCommands(ctx, &tg.SetMyCommandsParams{Commands: marked, Scope: scope, LanguageCode: probeLanguage})
	if badRequest(err) {
		t.disprove("the server does not take is_ephemeral")
		return nil
	}
	if err != nil {
		return err
	}
	have, err := t.api.GetMyCommands(ctx, &tg.GetMyCommandsParams{Scope: scope, LanguageCode: probeLanguage})
	if err == nil {
		_, err = t.api.DeleteMyCommands(ctx, &tg.DeleteMyCommandsParams{Scope: scope, LanguageCode: probeLanguage})
	}
	if err != nil {
		return err
	}
	if len(have) == 0 || !have[0].IsEphemeral {
		t.disprove("the server does not know ephemeral messages (Bot API 10.2)")
		return nil
	}
	t.whispers.proven.Store(true)
	t.log.Debug("telegram: the server knows ephemeral messages")
	return nil
}

// quietly tries a background call a few times.
func (t *Telegram) quietly(ctx context.Context, call func(context.Context) error) error {
	back := backoff{min: t.opts.Times.RetryMin, max: t.opts.Times.RetryMax, rand: t.opts.Rand}
	var last error
	for range menuTries {
		last = func() error {
			ctx, cancel := t.callContext(ctx, 0)
			defer cancel()
			return call(ctx)
		}()
		se := t.sendError(last)
		if se == nil {
			return nil
		}
		wait := back.next()
		switch {
		case se.Fault == chat.Throttled:
			wait = se.After
		case se.Fault == chat.Rejected, se.Fault == chat.Gone, wrongToken(last):
			return se
		}
		if !sleep(ctx, wait) {
			return errors.Join(ctx.Err(), se)
		}
	}
	return t.sendError(last)
}
