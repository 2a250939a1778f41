package bot

import (
	"context"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

// taps is a surface where a person must confirm every message.
func taps(c *chat.Caps) { c.Confirm, c.Hears, c.PerDay = true, false, 1 }

func broadcast(l *storage.Letter) { l.Lane, l.Once = storage.LaneBroadcast, true }

func fate(id string, f chat.Fate, reason string) chat.Delivery {
	return chat.Delivery{ID: id, Fate: f, Reason: reason}
}

// What a person must confirm waits, over restarts too, is not sent again, and
// ends as the platform tells, once.
func TestALetterWaitsForItsConfirmation(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("main", taps)), commands(echo))
		w.say(club, "阿宁", "hello")
		ids := []int64{w.post(club, "yes", broadcast), w.post(club, "no", broadcast), w.post(club, "never", broadcast)}
		w.pass(time.Minute)
		w.heard("yes", "no", "never")
		var open []storage.WaitingLetter
		w.view(func(ctx context.Context, r *storage.Reader) (err error) {
			open, err = r.WaitingLetters(ctx, "main")
			return err
		})
		equal(t, "waiting", len(open), 3)
		posts := func() (n int) {
			w.view(func(ctx context.Context, r *storage.Reader) (err error) {
				n, err = r.CountPosts(ctx, w.chat(club).ID, w.clock.Now().Add(-24*time.Hour))
				return err
			})
			return n
		}
		equal(t, "posts of the day", posts(), 3)
		w.restart()
		w.pass(time.Hour)
		equal(t, "tries", len(w.net.tried()), 3)
		confirmed := w.clock.Now()
		for i, f := range []chat.Delivery{
			fate(open[0].ExternalID, chat.Confirmed, ""), fate(open[1].ExternalID, chat.Failed, "the group got one today"), fate(open[2].ExternalID, chat.Expired, ""),
		} {
			equal(t, "state before", w.letter(ids[i]).State, storage.LetterWaiting)
			w.happen(club, "阿宁", chat.Delivered, f)
		}
		w.happen(club, "阿宁", chat.Delivered, fate(open[0].ExternalID, chat.Expired, "too late to change anything"))
		w.happen(club, "阿宁", chat.Delivered, fate("unknown", chat.Confirmed, ""))
		for i, want := range []string{"sent ", "dead failed: the group got one today", "dead expired"} {
			l := w.letter(ids[i])
			equal(t, "outcome", l.State+" "+l.Error, want)
			equal(t, "settled", l.SettledAt.Equal(confirmed), true)
		}
		equal(t, "posts of the day", posts(), 1)
		equal(t, "tries at the end", len(w.net.tried()), 3)
	})
}

func TestALetterThatIsTakenBackWaitsNoLonger(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("main", taps)), commands(echo))
		w.say(club, "阿宁", "hello")
		id := w.post(club, "a mistake", broadcast)
		w.pass(time.Minute)
		w.post(club, "", func(l *storage.Letter) {
			l.Verb, l.ExternalID, l.Lane = storage.VerbDelete, w.letter(id).ExternalID, storage.LaneBroadcast
		})
		w.pass(time.Minute)
		equal(t, "outcome", w.letter(id).State+" "+w.letter(id).Error, "dead taken back")
	})
}

func TestAGroupThatIsGoneKeepsNobodyWaiting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("main", taps)), commands(echo))
		w.say(club, "阿宁", "hello")
		id := w.post(club, "too late", broadcast)
		w.pass(time.Minute)
		w.happen(club, "阿宁", chat.ChatChanged, chat.ChatChange{Standing: chat.Removed})
		equal(t, "state", w.letter(id).State, storage.LetterDead)
	})
}

// Where every message is work for a person, nothing is said but broadcasts.
func TestWhereAPersonMustConfirmThereAreNoAnswersAndNoGreetings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("main", taps)), commands(echo), listeners(Listener{Name: "hello", Kinds: []chat.Kind{chat.Join}, Run: func(context.Context, *Request) (Reply, error) {
			return Reply{Template: "common.test_echo", Data: "welcome", Public: true}, nil
		}}))
		w.happen(club, "阿宁", chat.ChatChanged, chat.ChatChange{Standing: chat.Added})
		w.happen(club, "阿宁", chat.Join, chat.Membership{User: person("小王")})
		w.say(club, "阿宁", "/echo hello")
		w.pass(time.Minute)
		w.heard()
		equal(t, "letters", len(w.letters()), 0)
	})
}

// A group in which nobody can type a command goes to the community that its
// connection names, as soon as that is there; one where somebody has something
// stays.
func TestAGroupWhereNobodyIsHeardJoinsTheCommunityOfItsConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		home := func(w *world) { w.options.Homes = map[string]string{"main": club.Title} }
		w := begin(t, with(newLine("heard"), newLine("main", taps)), commands(echo), home)
		early, late, rich := group("早"), group("晚"), group("富")
		arrives := func(c chat.Chat) {
			ev := w.message(c, "小王", "")
			ev.Kind, ev.Detail = chat.Join, chat.Membership{User: person("小王")}
			w.deliverBy(w.lines[1], ev)
		}
		for _, c := range []chat.Chat{early, rich} {
			arrives(c)
		}
		equal(t, "alone", w.chat(early).CommunityID != w.chat(rich).CommunityID, true)
		w.write(func(ctx context.Context, tx *storage.Tx) error {
			a, err := tx.AccountByRef(ctx, chattest.Domain, person("小王").Ref.ID)
			if err != nil {
				return err
			}
			_, err = tx.EnsureMember(ctx, w.chat(rich).CommunityID, a.PersonID)
			return err
		})
		w.deliverBy(w.lines[0], w.message(club, "阿宁", "hello"))
		for _, c := range []chat.Chat{early, late, rich} {
			arrives(c)
		}
		want := w.chat(club).CommunityID
		equal(t, "homes", []bool{w.chat(early).CommunityID == want, w.chat(late).CommunityID == want, w.chat(rich).CommunityID == want}, []bool{true, true, false})
	})
}

// particular answers only in one chat of its domain.
type particular struct {
	*line
	chat chat.Chat
}

func (p particular) Serves(c chat.Chat) bool { return c.Ref == p.chat.Ref }

// After a change of the configuration a chat goes to the connection that alone
// can answer there, and to no such connection if it is not one of its chats.
func TestAParticularConnectionTakesItsOwnChatsOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, with(newLine("old")), commands(echo))
		w.say(club, "阿宁", "hello")
		w.say(private("阿宁"), "阿宁", "hello")
		w.options.Platforms = []chat.Platform{particular{newLine("groups"), club}}
		w.restart(with(newLine("others")))
		equal(t, "routes", []string{w.chat(club).Connection, w.chat(private("阿宁")).Connection}, []string{"groups", "others"})
	})
}
