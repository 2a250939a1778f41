package wecomcontact

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecomcontact/contacttest"
)

// Whatever is lost, repeated, delayed and interrupted: in the end everybody who
// is there has come once more than he has gone, and nobody twice in a row.
func TestRandomLivesEndInTheTruth(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			chance := rand.New(rand.NewPCG(seed, 7))
			so := contacttest.Options{OldShape: seed%2 == 0, NoVersions: seed%3 == 0, Lag: time.Duration(chance.IntN(20)) * time.Second}
			bubble(t, so, nil, func(_ *testing.T, r *rig) { randomLife(r, chance) })
		})
	}
}

func randomLife(r *rig, chance *rand.Rand) {
	r.t.Helper()
	ctx := r.t.Context()
	g := r.s.AddGroup("读书会", "zhangsan")
	there := map[string]bool{"zhangsan": true}
	people := []string{ann, bob, eve, "lisi"}
	r.start()
	r.pass(time.Minute)
	for range 60 {
		who := people[chance.IntN(len(people))]
		r.s.Mute(chance.IntN(5) == 0)
		if there[who] {
			r.s.Leave(ctx, g, who, chance.IntN(2) == 0)
		} else {
			r.s.Join(ctx, g, who, who, contacttest.Arrival{State: "S", Staff: who == "lisi"})
		}
		there[who] = !there[who]
		if chance.IntN(4) == 0 {
			r.s.Again(ctx)
		}
		switch chance.IntN(6) {
		case 0:
			r.restart()
		case 1:
			r.s.Fail(contacttest.Fault{Path: contacttest.PathGet, Drop: contacttest.AfterEffect, Times: chance.IntN(3) + 1})
		case 2:
			n := chance.IntN(2)
			r.setCommit(func() error { // every second one
				if n++; n%2 == 0 {
					return errors.New("not now")
				}
				return nil
			})
		}
		r.pass(time.Duration(chance.IntN(4)*chance.IntN(4)*chance.IntN(4)+1) * time.Second)
	}
	r.s.Mute(false)
	r.setCommit(nil)
	r.pass(14 * time.Hour)
	now := map[string]bool{}
	for _, ev := range r.events {
		m, ok := ev.Detail.(chat.Membership)
		if !ok {
			continue
		}
		if id := m.User.Ref.ID; now[id] == (ev.Kind == chat.Join) {
			r.t.Errorf("%s twice in a row: %s", ev.Kind, id)
		} else {
			now[id] = ev.Kind == chat.Join
		}
	}
	for who, here := range there {
		if now[who] != here {
			r.t.Errorf("%s is there: %v, told: %v", who, here, now[who])
		}
	}
}
