package settings_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/commands/commandtest"
	"qunmate/commands/settings"
	"qunmate/storage"
)

// claimCode is what the program printed at its first start, in transcripts.
const claimCode = "K7P3-9QXM"

// counting makes bytes that differ from call to call and are the same in every
// run.
func counting() func([]byte) {
	n := 0
	return func(b []byte) {
		for i := range b {
			n++
			b[i] = byte(n * 37)
		}
	}
}

func options() settings.Options {
	return settings.Options{
		Random: counting(),
		CheckinRule: func(context.Context, *bot.Request) (settings.Rule, error) {
			return settings.Rule{On: true, Base: 5, Step: 1, Cap: 5}, nil
		},
	}
}

func families() commandtest.Families {
	o := options()
	return commandtest.Families{
		Commands: append(settings.Commands(o),
			bot.Command{Name: "checkin", Run: checkin},
			bot.Command{Name: "me", Run: me},
			bot.Command{Name: "points", Run: points},
			bot.Command{Name: "rank", Run: rank},
			bot.Command{Name: "rank hide", Run: hide},
			bot.Command{Name: "why", Run: why},
			// /start stands for the first start of the program.
			bot.Command{Name: "start", Place: bot.Anywhere, Run: firstStart}),
		Actions: settings.Actions(o),
	}
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.chat")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		commandtest.Run(t, f, families())
	}
}

func firstStart(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return bot.Reply{}, req.Tx.SetSetting(ctx, storage.SettingClaimCode, settings.ClaimHash(claimCode))
}

// say answers with plain words, so that these transcripts depend on no other
// family's texts.
func say(req *bot.Request, zh, en string, args ...any) bot.Reply {
	if req.Language == "en" {
		zh = en
	}
	return bot.Reply{Template: "settings.names", Data: struct {
		Names []string
		More  int
	}{[]string{fmt.Sprintf(zh, args...)}, 0}}
}

// checkin is the least that a check-in must write for verify to agree: five
// points a day, a card with the first.
func checkin(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	m := req.Member
	old, err := req.Tx.Checkin(ctx, m.ID, req.Day)
	if err == nil {
		return say(req, "%s 已签（+%d），连签 %d，余额 %d", "checked in at %s (+%d), streak %d, balance %d",
			old.At.In(req.Now.Location()).Format("01-02 15:04"), old.Gained, m.Streak, m.Balance), nil
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	streak := 1
	if m.LastDay == req.Days.Prev(req.Day) {
		streak += m.Streak
	}
	c, err := req.Tx.AddCheckin(ctx, m, storage.Checkin{MemberID: m.ID, Day: req.Day, At: req.At, Gained: 5, Streak: streak, ChatID: req.Chat.ID})
	if err != nil {
		return bot.Reply{}, err
	}
	if err := post(ctx, req, storage.Points, 5, "checkin:"+req.Day); err != nil {
		return bot.Reply{}, err
	}
	if m.LastDay == "" {
		if err := post(ctx, req, storage.Card, 1, "checkin:"+req.Day); err != nil {
			return bot.Reply{}, err
		}
	}
	if err := req.Tx.AddScore(ctx, m, storage.ScoreCheckin, 1, "w"+chatday.Week(req.Day), chatday.Month(req.Day)); err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.SetStreak(ctx, m.ID, streak, max(m.BestStreak, streak), req.Day); err != nil {
		return bot.Reply{}, err
	}
	return say(req, "+5，连签 %d，第 %d 位，余额 %d", "+5, streak %d, #%d, balance %d", streak, c.Place, m.Balance+5), nil
}

func post(ctx context.Context, req *bot.Request, unit storage.Unit, amount int64, cause string) error {
	_, err := req.Tx.Post(ctx, storage.Entry{
		MemberID: req.Member.ID, Unit: unit, Amount: amount, Kind: "checkin", Cause: cause, Day: req.Day, Week: chatday.Week(req.Day), At: req.At,
	})
	return err
}

// points adds to the sender's own balance: "/points -7".
func points(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	n, err := strconv.ParseInt(req.Args.Word(0), 10, 64)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{}, post(ctx, req, storage.Points, n, "adjust:"+req.Event.ID.ID)
}

func hide(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	return bot.Reply{}, req.Tx.SetHidden(ctx, req.Member.ID, true)
}

// rank shows the rankings that a move must not disturb.
func rank(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	var lists []string
	for _, r := range []struct {
		zh string
		k  storage.Ranking
	}{
		{"本周积分", storage.Ranking{Kind: storage.ScorePoints, Period: "w" + chatday.Week(req.Day)}},
		{"本月积分", storage.Ranking{Kind: storage.ScorePoints, Period: chatday.Month(req.Day)}},
		{"总积分", storage.Ranking{Kind: storage.ScorePoints}},
		{"连签", storage.Ranking{Kind: "streak", AliveFrom: req.Days.Prev(req.Day)}},
		{"本周签到", storage.Ranking{Kind: storage.ScoreCheckin, Period: "w" + chatday.Week(req.Day)}},
	} {
		r.k.Community = req.Community
		top, err := req.Tx.Top(ctx, r.k, 10)
		if err != nil {
			return bot.Reply{}, err
		}
		names := []string{r.zh + "："}
		for _, s := range top {
			names = append(names, fmt.Sprintf("%s %d", s.Name, s.Value))
		}
		lists = append(lists, strings.Join(names, " "))
	}
	return say(req, "%s", "%s", strings.Join(lists, " · ")), nil
}

// why lists the sender's own entries, oldest first.
func why(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	var lines []string
	for _, unit := range []storage.Unit{storage.Points, storage.Card} {
		entries, err := req.Tx.Entries(ctx, req.Member.ID, unit, 0, 20)
		if err != nil {
			return bot.Reply{}, err
		}
		for _, e := range slices.Backward(entries) {
			lines = append(lines, fmt.Sprintf("%+d %s %s %s %s", e.Amount, unit, e.Kind, e.Day, e.Detail))
		}
	}
	return say(req, "%s", "%s", strings.Join(lines, " · ")), nil
}

func me(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	m := req.Member
	today := "没签"
	if _, err := req.Tx.Checkin(ctx, m.ID, req.Day); err == nil {
		today = "已签"
	} else if !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	if req.Language == "en" {
		today = map[string]string{"没签": "not today", "已签": "today too"}[today]
	}
	return say(req, "%s 余额 %d，连签 %d（最长 %d），补签卡 %d，今天%s", "%s: balance %d, streak %d (best %d), cards %d, %s",
		req.Account.Name, m.Balance, m.Streak, m.BestStreak, m.Cards, today), nil
}
