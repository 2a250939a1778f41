package wecomhook

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/wecomapp/qyapitest"
)

// rig is a robot with its server.
type rig struct {
	*Robot
	t    *testing.T
	s    *qyapitest.Server
	logs *chattest.Logs
}

// bubble runs a test with a fake clock against a server in memory.
func bubble(t *testing.T, change func(*Options), test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := connect(t, change)
		test(r)
		if p := r.s.Problems(); len(p) > 0 {
			t.Errorf("the server saw what no program should do: %q", p)
		}
		r.noSecrets(r.logs.String())
	})
}

func connect(t *testing.T, change func(*Options)) *rig {
	t.Helper()
	s, l := qyapitest.NewServer(qyapitest.Options{}), &chattest.Logs{}
	o := Options{
		Name: "news", Key: qyapitest.DefaultRobot, BaseURL: s.URL(), Transport: s.Transport(),
		Log: l.Logger(), Rand: func() float64 { return 0.5 },
	}
	if change != nil {
		change(&o)
	}
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{Robot: r, t: t, s: s, logs: l}
}

func (r *rig) noSecrets(text string) {
	r.t.Helper()
	if strings.Contains(text, qyapitest.DefaultRobot) {
		r.t.Errorf("the key is in %s", text)
	}
}

func (r *rig) post(c chat.Content) error {
	_, err := r.Send(r.t.Context(), chat.Letter{Chat: r.Chat(), Content: c})
	if err != nil {
		r.noSecrets(err.Error())
	}
	return err
}

// reads checks what the group reads, each message with its kind.
func (r *rig) reads(want ...string) {
	r.t.Helper()
	var got []string
	for _, m := range r.s.Posted(qyapitest.DefaultRobot) {
		one := m.Kind + " " + m.Text
		for _, a := range m.News {
			one = m.Kind + " " + a.Title + "|" + a.Description + "|" + a.URL
		}
		if m.Kind == kindImage || m.Kind == kindFile {
			one = m.Kind
		}
		got = append(got, one)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		r.t.Errorf("the group reads\n%q, want\n%q", got, want)
	}
}

// run runs the robot; the returned function stops it and gives Run's error.
func (r *rig) run(deliver chat.Deliver) (stop func() error) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, deliver) }()
	synctest.Wait()
	return func() error { cancel(); return <-done }
}

// fault is the SendError in err; the test fails if there is none.
func fault(t *testing.T, err error) *chat.SendError {
	t.Helper()
	se, ok := errors.AsType[*chat.SendError](err)
	if !ok {
		t.Fatalf("%v (%T) is no SendError", err, err)
	}
	return se
}
