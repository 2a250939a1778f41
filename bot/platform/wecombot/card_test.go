package wecombot

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

// options makes n choices of one question.
func votes(n int) []chat.Choice {
	var out []chat.Choice
	for i := range n {
		out = append(out, choice(fmt.Sprintf("Option %d", i+1), fmt.Sprintf("/vote 9 %c", 'A'+i)))
	}
	return out
}

func TestChoicesBecomeTheCardThatHoldsThem(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: typeButtons, 6: typeButtons, 7: typeVote, 20: typeVote, 21: ""} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, nil, func(r *rig) {
				k := newSink()
				stop := r.up(k.deliver)
				ev := r.heard(k, group, "lilei", "/poll")
				r.mustSend(letter(ev, "Party?", votes(n)...))
				sent := r.s.Sent()
				var said strings.Builder
				var shown *wecomtest.Card
				for _, m := range sent {
					said.WriteString(m.Plain() + "\n")
					if m.Card != nil {
						shown = m.Card
					}
				}
				// Whatever the card, the text says how each choice is typed.
				for _, c := range votes(n) {
					if !strings.Contains(said.String(), "@helper "+c.Command) {
						r.t.Errorf("%q is not told in %q", c.Command, said.String())
					}
				}
				if got := typeOf(shown); got != want {
					r.t.Fatalf("%s, want %s", got, want)
				}
				if want != "" && shown.MainTitle.Title != "Party?" {
					r.t.Errorf("title %q", shown.MainTitle.Title)
				}
				if single := len(sent) == 1; single != (n == 1 || n == 6 || n > 20) {
					r.t.Errorf("%d messages", len(sent))
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func typeOf(c *wecomtest.Card) string {
	if c == nil {
		return ""
	}
	return c.Type
}

func TestAClickCarriesItsCommandHoweverOldTheCardIs(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		ev := r.heard(k, group, "lilei", "/poll")
		r.mustSend(letter(ev, "Party?", votes(3)...))
		r.mustSend(letter(ev, "Party?", votes(8)...))
		r.cards = cards{} // as after a restart
		if _, ok := r.s.Press(group, "hanmei", "Option 2"); !ok {
			r.t.Fatal("no such button")
		}
		if _, ok := r.s.Choose(group, "hanmei", "Option 7"); !ok {
			r.t.Fatal("no such option")
		}
		if _, ok := r.s.Choose(group, "hanmei", "Option 1", "Option 8"); !ok {
			r.t.Fatal("no such option")
		}
		events := k.wait(r.t, 4)[1:]
		for i, want := range []string{"/vote 9 B", "/vote 9 G", "/vote 9 A,H"} {
			if e := events[i]; e.Kind != chat.Press || e.Text != want || !e.ToBot || e.Sender.Ref.ID != "hanmei" || e.Chat.Ref.ID != group.ID {
				r.t.Errorf("%+v, want %s", e, want)
			}
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestCardsStayWithinTheirLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	for name, content := range map[string]chat.Content{
		"a long title":        {Text: long, Choices: votes(2)},
		"a long text":         {Text: "short<br>" + long, Choices: votes(2)},
		"long labels":         {Text: "?", Choices: []chat.Choice{choice(long, "/a"), choice(long+"2", "/b")}},
		"long typed forms":    {Text: "?", Choices: []chat.Choice{choice("A", "/a "+long)}},
		"long option labels":  {Text: long, Choices: append(votes(7), choice(long, "/vote 9 Z"))},
		"nothing in common":   {Text: "?", Choices: append(votes(7), choice("Z", "/why"))},
		"long option ids":     {Text: "?", Choices: append(votes(7), choice("Z", "/vote 9 "+long))},
		"one command twice":   {Text: "?", Choices: []chat.Choice{choice("A", "/a"), choice("B", "/a")}},
		"no text":             {Choices: votes(2)},
		"stored commands":     {Text: "?", Choices: []chat.Choice{choice("A", "!12"), choice("B", "!13")}},
		"a link in the text":  {Text: `see <a href="https://example.com">this</a>`, Choices: votes(2)},
		"a link as a choice":  {Text: "?", Choices: []chat.Choice{choice("A", "/a"), {Label: "Open", URL: "https://example.com"}}},
		"only links":          {Text: "?", Choices: []chat.Choice{{Label: "Open", URL: "https://example.com"}}},
		"a hostile name":      {Text: "&lt;@all&gt; **x**<br>[y](https://evil.example)", Choices: votes(2)},
		"many lines":          {Text: strings.Repeat("line<br>", 30), Choices: votes(2)},
		"a private answer":    {Text: "done", Private: true, Choices: votes(2)},
		"twenty long ones":    {Text: long, Choices: votes(20)},
		"thirty":              {Text: long, Choices: votes(26)},
		"a very long command": {Text: "?", Choices: []chat.Choice{choice("A", "/a "+strings.Repeat("y", 1100))}},
	} {
		for _, place := range []wecomtest.Chat{group, lilei} {
			t.Run(fmt.Sprint(name, place.Group), func(t *testing.T) {
				t.Parallel()
				// The server is strict: what is beyond a limit is a problem.
				bubble(t, wecomtest.Options{}, nil, func(r *rig) {
					k := newSink()
					stop := r.up(k.deliver)
					ev := r.heard(k, place, "lilei", "/x")
					l := letter(ev, "")
					l.Content, l.To.Name = content, "Li Lei"
					r.mustSend(l)
					if err := stop(); err != nil {
						r.t.Error(err)
					}
				})
			})
		}
	}
}

func TestATextFindsItsPlaceInTheCard(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40)
	for name, c := range map[string]struct {
		mention, text string
		private       bool
		title, sub    string // no title: text and card are two messages
	}{
		"the first line is the title":       {"helper", "Party?<br>until eight", false, "Party?", "until eight"},
		"with whom it is for":               {"helper", "Done<br>until eight", true, "@lilei Done", "until eight"},
		"whom it is for is the title":       {"helper", long + "<br>until eight", true, "@lilei", long + "\nuntil eight"},
		"the bot's name is the title":       {"helper", long + "<br>until eight", false, "helper", long + "\nuntil eight"},
		"nobody's name":                     {"", long, false, "", ""},
		"too long for any card":             {"helper", strings.Repeat("x ", 60), true, "", ""},
		"too long below a title that would": {"helper", "Party?<br>" + strings.Repeat("x", 113), false, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := New(Options{Name: "a", BotID: "b", Secret: "c", Mention: c.mention})
			if err != nil {
				t.Fatal(err)
			}
			l := chat.Letter{Chat: chatOfTest(group), To: chat.User{Ref: chat.Ref{Domain: Domain, ID: "lilei"}}}
			l.Content = chat.Content{Text: c.text, Private: c.private, Choices: []chat.Choice{choice("A", "/a")}}
			d, se := b.compose(l)
			if se != nil {
				t.Fatal(se)
			}
			if single := len(d.text) == 0; single != (c.title != "") || (single && (d.card.Title.Title != c.title || d.card.Sub != c.sub)) {
				t.Errorf("%+v beside %q", d.card, renderParts(d.text))
			}
		})
	}
}

func TestTaskIDsCarryTheChat(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, id := range []string{group.ID, "x", "\u7fa4", strings.Repeat("g", 64), strings.Repeat("g", 200)} {
		task := newTask(chat.Chat{Ref: chat.Ref{Domain: Domain, ID: id}, Type: chat.Group})
		if len(task) > maxTaskBytes || have[task] || strings.Trim(task, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-@") != "" {
			t.Errorf("%q", task)
		}
		have[task] = true
		if got := chatOfTask(task); got != id && len(id) < 80 {
			t.Errorf("%q from %q, want %q", got, task, id)
		}
	}
	for _, task := range []string{"", "q1", "q1@", "q1@***", "@"} {
		if got := chatOfTask(task); got != "" {
			t.Errorf("%q: %q", task, got)
		}
	}
	if task := newTask(chatOfTest(lilei)); strings.Contains(task, "@") {
		t.Errorf("a private chat needs no name: %s", task)
	}
}

func TestTheWordsThatCommandsHaveInCommon(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		commands []string
		want     string
	}{
		{[]string{"/vote 9 A", "/vote 9 B"}, "/vote 9"},
		{[]string{"/vote 9 A", "/vote 10 B"}, "/vote"},
		{[]string{"/vote 9 A B", "/vote 9 A C"}, "/vote 9 A"},
		{[]string{"/vote 9", "/vote 9 A"}, "/vote"},
		{[]string{"/vote", "/vote 9"}, wholeCommand},
		{[]string{"/a", "/b"}, wholeCommand},
		{[]string{"!1", "!2"}, wholeCommand},
		{[]string{"/a  x", "/a  y"}, wholeCommand}, // blanks must come back as they were
	} {
		var choices []chat.Choice
		for _, command := range c.commands {
			choices = append(choices, choice("x", command))
		}
		if got := commonCommand(choices); got != c.want {
			t.Errorf("%q: %q, want %q", c.commands, got, c.want)
		}
		// What is put into a card comes back from its click.
		v := voteCard("t", choices, "OK", "q")
		for i, o := range v.Vote.Options {
			item := selectedItem{QuestionKey: word(v.Vote.Question), Options: loose[options]{options{IDs: []word{word(o.ID)}}}}
			click := click{EventKey: submitKey, Selected: loose[selected]{selected{Items: []loose[selectedItem]{{item}}}}}
			if got := click.command(); got != c.commands[i] {
				t.Errorf("%q came back as %q", c.commands[i], got)
			}
		}
	}
}

func TestOldCardsAreForgotten(t *testing.T) {
	t.Parallel()
	var k cards
	for i := range maxCards + 10 {
		k.put(card{Task: strconv.Itoa(i)})
		k.put(card{Task: strconv.Itoa(i), Sub: "again"})
	}
	if _, ok := k.get("9"); ok {
		t.Error("an old one is remembered")
	}
	if c, ok := k.get("10"); !ok || c.Sub != "again" {
		t.Error("a new one is not")
	}
	if len(k.known) != maxCards || len(k.order) != maxCards {
		t.Errorf("%d and %d", len(k.known), len(k.order))
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"abc", "abc"}, {"abcd", "ab\u2026"}, {"\u4e00\u4e8c\u4e09\u56db", "\u4e00\u4e8c\u2026"}, {"a bcd", "a\u2026"}} {
		if got := shorten(c[0], 3); got != c[1] {
			t.Errorf("%q: %q", c[0], got)
		}
	}
}
