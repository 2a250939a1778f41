package wecombot

import (
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

// A poll is a card of options even with few of them, and what is submitted is
// the command that could be typed.
func TestAPollIsAVoteCardWhoseSubmissionIsTheTypedCommand(t *testing.T) {
	t.Parallel()
	for _, multi := range []bool{false, true} {
		bubble(t, wecomtest.Options{}, nil, func(r *rig) {
			k := newSink()
			stop := r.up(k.deliver)
			ev := r.heard(k, group, "lilei", "/poll")
			l := letter(ev, "🗳 #9 Saturday?<br>A 14:00 · B 16:00 · C neither<br>0 so far · or send @helper /vote 9 A",
				choice("14:00", "/vote 9 +A"), choice("16:00", "/vote 9 +B"), choice("neither", "/vote 9 +C"))
			l.Content.Poll = &chat.Poll{Question: "#9 Saturday?", Command: "/vote 9", Multi: multi, Native: true, Options: []chat.PollOption{
				{Key: "A", Text: "14:00"}, {Key: "B", Text: "16:00"}, {Key: "C", Text: "neither"},
			}}
			r.mustSend(l)
			sent := r.s.Sent()
			if len(sent) != 2 || !strings.Contains(sent[0].Plain(), "@helper /vote 9 A") || strings.Contains(sent[0].Plain(), "+A") {
				r.t.Fatalf("%d messages, the first says %q", len(sent), sent[0].Plain())
			}
			c := sent[1].Card
			if typeOf(c) != typeVote || c.MainTitle.Title != "#9 Saturday?" || c.Checkbox.Mode != map[bool]int{true: 1}[multi] {
				r.t.Fatalf("%+v", c)
			}
			chosen, want := []string{"B"}, "/vote 9 B"
			if multi {
				chosen, want = []string{"A", "C"}, "/vote 9 A,C"
			}
			before := len(k.all())
			r.s.Vote(group, "hanmei", c.TaskID, chosen...)
			events := k.wait(r.t, before+1)
			if got := events[len(events)-1]; got.Kind != chat.Press || got.Text != want || got.Sender.Ref.ID != "hanmei" {
				r.t.Errorf("submitted %v came as %+v", chosen, got)
			}
			if err := stop(); err != nil {
				r.t.Error(err)
			}
		})
	}
}
