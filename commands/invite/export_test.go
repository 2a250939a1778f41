package invite

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunmate/storage"
)

// The pure rules, for their tests.
var Kept = kept

type Facts = facts

func (r Rule) Judge(f Facts) (state, reason string) { return r.judge(f) }

func (r Rule) Ripe(joined, now time.Time, here, inviterHere bool, actions int) (state, reason string, again time.Time) {
	return r.ripe(joined, now, here, inviterHere, actions)
}

// Moved tells which milestones a number of invites reaches and loses.
func (r Rule) Moved(vested int, have []storage.InviteMilestone) (reached, taken string) {
	var up, down []string
	for _, m := range r.reached(vested, have) {
		up = append(up, strconv.Itoa(m.Count))
	}
	for _, m := range lost(vested, have) {
		down = append(down, strconv.Itoa(m.Threshold))
	}
	return strings.Join(up, " "), strings.Join(down, " ")
}

// ReadMilestones parses a list and prints it, "" if it is none.
func ReadMilestones(text string) string {
	list, ok := parseMilestones(text)
	if !ok {
		return ""
	}
	var out []string
	for _, m := range list {
		out = append(out, fmt.Sprintf("%d:%d", m.Count, m.Bonus))
	}
	return strings.Join(out, " ")
}

// CameBy renders in one line each what stats counts: kind, all, by
// link, unknown, sources, who came back.
func CameBy(all []storage.InviteJoin, since time.Time, follow bool) (out []string) {
	for _, v := range cameBy(all, since, follow) {
		out = append(out, fmt.Sprint(v.Follow, v.Total, v.Link, v.Unknown, v.UnknownPercent, v.Sources, v.Back))
	}
	return out
}
