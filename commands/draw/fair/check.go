package fair

import (
	"encoding/hex"
	"slices"
	"time"
)

// Finding is one thing that was computed again.
type Finding struct {
	// Code names the check; a text says it in words.
	Code string
	// Weak marks what is true and makes the draw's fairness weaker.
	Weak bool
	OK   bool
	// Values for the text.
	Count int
	Round int64
	Want  int64
	Time  time.Time
	Name  string
	Value string
}

// Codes of findings.
const (
	CheckForm       = "form"       // something is missing or senseless; Name says what
	CheckCommitment = "commitment" // the secret is the one that was committed to
	CheckList       = "list"       // the list's hash; Count entrants
	CheckRound      = "round"      // the round is the one that the closing time pins; Want if not
	CheckSignature  = "signature"  // the network signed it
	CheckChain      = "chain"      // weak: not the public network
	CheckNumber     = "number"     // weak: a number that somebody typed
	CheckNone       = "none"       // weak: no public randomness
	CheckInstant    = "instant"    // weak: the organiser knew which tickets win
	CheckLate       = "late"       // weak: the list was frozen after the randomness existed
	CheckWinners    = "winners"    // Count tickets; if not OK, Want is the first ticket expected
	CheckChanges    = "changes"    // Count prizes that moved on
)

// Report is what came out of checking a receipt.
type Report struct {
	Findings []Finding
	// Holders are the tickets that hold the prizes after all changes.
	Holders []Winner
}

// OK reports whether everything that was computed agrees with the receipt.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.OK })
}

// Weak reports whether the draw is labelled weaker.
func (r *Report) Weak() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Weak })
}

func (r *Report) add(f Finding) { r.Findings = append(r.Findings, f) }

// Check computes everything in a receipt again, from nothing but itself.
func Check(r Receipt) *Report {
	out := &Report{}
	if what := r.malformed(); what != "" {
		out.add(Finding{Code: CheckForm, Name: what})
		return out
	}
	secret, _ := hex.DecodeString(r.Secret) // its form was checked
	out.add(Finding{Code: CheckCommitment, OK: Commitment(secret) == r.Commitment, Value: r.Commitment})
	hash := ListHash(r.Entrants)
	list := hex.EncodeToString(hash[:])
	out.add(Finding{Code: CheckList, OK: list == r.EntrantsSHA256, Count: len(r.Entrants), Value: list})
	r.checkBeacon(out)
	if r.LateFreeze {
		out.add(Finding{Code: CheckLate, OK: true, Weak: true})
	}
	r.checkResult(out)
	return out
}

func (r Receipt) checkBeacon(out *Report) {
	switch {
	case r.Instant != nil:
		out.add(Finding{Code: CheckInstant, OK: true, Weak: true, Count: int(r.Instant.Tickets)})
	case r.Beacon.Kind == Number:
		out.add(Finding{Code: CheckNumber, OK: true, Weak: true, Name: r.Beacon.Name, Value: r.Beacon.Value})
	case r.Beacon.Kind == None:
		out.add(Finding{Code: CheckNone, OK: true, Weak: true})
	default:
		b := r.Beacon
		closes, _ := time.Parse(time.RFC3339Nano, r.ClosesAt) // its form was checked
		want := RoundAt(closes)
		out.add(Finding{
			Code: CheckRound, OK: b.Round == want || b.Round == RoundAt(closes.Add(FullHouseWait)),
			Round: b.Round, Want: want, Time: RoundTime(b.Round),
		})
		_, err := VerifyRound(b.PublicKey, b.Round, b.Signature)
		out.add(Finding{Code: CheckSignature, OK: err == nil, Round: b.Round})
		if public := b.Chain == QuicknetChain; public != (b.PublicKey == QuicknetKey) {
			out.add(Finding{Code: CheckChain, Weak: true, Value: b.Chain}) // one of the two is borrowed
		} else if !public {
			out.add(Finding{Code: CheckChain, OK: true, Weak: true, Value: b.Chain})
		}
	}
}

func (r Receipt) checkResult(out *Report) {
	winners, order, err := r.Drawn()
	if err != nil {
		out.add(Finding{Code: CheckForm, Name: "beacon"})
		return
	}
	f := Finding{Code: CheckWinners, OK: slices.Equal(winners, r.Winners), Count: len(winners)}
	for i := 0; !f.OK && i < len(winners); i++ {
		if i >= len(r.Winners) || winners[i] != r.Winners[i] {
			f.Want = winners[i].Ticket
			break
		}
	}
	out.add(f)
	out.Holders = winners
	if len(r.Changes) == 0 {
		return
	}
	f = Finding{Code: CheckChanges, OK: true, Count: len(r.Changes)}
	for _, c := range r.Changes {
		i := slices.Index(out.Holders, Winner{Prize: c.Prize, Ticket: c.From})
		to, ok := order.Next()
		if i < 0 || to != c.To {
			f.OK, f.Round, f.Want = false, c.From, to
			break
		}
		if ok {
			out.Holders[i].Ticket = to
		} else {
			out.Holders = slices.Delete(out.Holders, i, i+1)
		}
	}
	out.add(f)
}

// malformed names the first part of a receipt that makes no sense, or "".
func (r Receipt) malformed() string {
	for _, c := range []struct {
		name string
		bad  bool
	}{
		{"draw", r.Draw <= 0},
		{"prizes", badPrizes(r.Prizes)},
		{"rules_sha256", !isHex(r.RulesSHA256, 32, 32)},
		{"opened_at", !isTime(r.OpenedAt)},
		{"closes_at", !isTime(r.ClosesAt)},
		{"commitment", !isHex(r.Commitment, 32, 32)},
		{"secret", !isHex(r.Secret, 16, 64)},
		{"beacon", r.badBeacon()},
		{"instant", r.Instant != nil && (r.Instant.Tickets < 1 || r.Instant.Tickets > maxTickets)},
		{"entrants", r.badEntrants()},
		{"entrants_sha256", !isHex(r.EntrantsSHA256, 32, 32)},
		{"changes", slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Reason == "" || !isTime(c.At) })},
	} {
		if c.bad {
			return c.name
		}
	}
	return ""
}

func isHex(text string, least, most int) bool {
	n := len(text) / 2
	if n < least || n > most {
		return false
	}
	_, err := unhex(text, n)
	return err == nil
}

func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339Nano, text)
	return err == nil
}

func badPrizes(prizes []Prize) bool {
	total := 0
	for _, p := range prizes {
		if p.Name == "" || p.Count < 1 || p.Count > maxTickets {
			return true
		}
		total += p.Count
	}
	return len(prizes) == 0 || len(prizes) > maxTickets || total > maxTickets
}

func (r Receipt) badBeacon() bool {
	switch b := r.Beacon; b.Kind {
	case Drand:
		return r.Instant != nil || !isHex(b.Chain, 32, 32) || !isHex(b.PublicKey, 96, 96) || !isHex(b.Signature, 48, 48) ||
			b.Round < 1 || b.Round > 1<<40
	case Number:
		return r.Instant != nil || b.Name == "" || b.Value == ""
	case None:
		return false
	}
	return true
}

func (r Receipt) badEntrants() bool {
	if len(r.Entrants) > maxTickets {
		return true
	}
	have := make(map[int64]bool, len(r.Entrants))
	for _, e := range r.Entrants {
		if e.Ticket < 1 || have[e.Ticket] || e.Weight < 1 || e.Weight > MaxWeight || !isHex(e.Who, 32, 32) ||
			r.Instant != nil && (e.Ticket > r.Instant.Tickets || e.Weight != 1) {
			return true
		}
		have[e.Ticket] = true
	}
	return false
}
