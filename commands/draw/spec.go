// Package draw is the lucky draw: what is published, who may enter, who wins
// and what becomes of the prizes. Who wins is computed by package fair from
// bytes that nobody can choose; the rules here are pure as well.
package draw

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// Spec is what the organiser decides, beside what the row of the draw holds.
type Spec struct {
	Prizes []Prize     `json:"prizes"`
	If     []Condition `json:"if,omitempty"`
	Bonus  []Bonus     `json:"bonus,omitempty"`
	// Guide is where a draft stands that is made step by step; 0 when it is not,
	// and in everything that is published.
	Guide int `json:"guide,omitempty"`
	Facts
}

// Steps of a guided draft that nothing else tells.
const (
	guideAsks = 1 // conditions are still to be asked for
	guideRest = 2 // they were: only facts may be missing
)

// Facts are what must be published and is usually the same for every draw of a
// community: they become its defaults.
type Facts struct {
	Claim    int64  `json:"claim,omitempty"`   // minutes
	Forfeit  string `json:"forfeit,omitempty"` // next or void
	Host     string `json:"host,omitempty"`    // who organises it and how he is reached
	Delivery string `json:"delivery,omitempty"`
	Terms    string `json:"terms,omitempty"`
}

// What becomes of a prize that nobody claims.
const (
	forfeitNext = "next"
	forfeitVoid = "void"
)

// Prize is one kind of prize.
type Prize struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Fen   int64  `json:"fen,omitempty"` // price of one in 0.01 yuan; 0 = not stated
}

// Yuan is the price as it is written.
func (p Prize) Yuan() string {
	if p.Fen%100 == 0 {
		return strconv.FormatInt(p.Fen/100, 10)
	}
	return fmt.Sprintf("%d.%02d", p.Fen/100, p.Fen%100)
}

const (
	mostPrizes = 20
	mostCount  = 1000
	mostName   = 40 // letters
	// mostFen is what the highest prize of a promotional draw may be worth in
	// China: 50 000 yuan (anti-unfair-competition law, Art. 10).
	mostFen    = 50_000 * 100
	mostClaim  = 60 * 24 * time.Hour
	leastClaim = time.Hour
	mostText   = 200
	mostAhead  = 366 * 24 * time.Hour
	mostFull   = 100_000
	mostCost   = 100_000
	// mostMoves is how often one prize moves on before it is void.
	mostMoves = 3
)

// NeededFacts are the published facts that only the organiser can know, in the
// order in which they are asked for. With what every draw says of itself
// (prizes, number, kinds, conditions, how to enter, when and how it is drawn,
// how a prize is claimed and handed over) they are the fifteen of the rules for
// promotions (规范促销行为暂行规定, Art. 13).
func (s Spec) missing() []string {
	var out []string
	if s.Claim == 0 {
		out = append(out, "claim")
	}
	if s.Forfeit == "" {
		out = append(out, "forfeit")
	}
	if s.Host == "" {
		out = append(out, "host")
	}
	return out
}

// facts is how many facts there are in all.
const facts = 15

// highest is the price of the most valuable prize.
func (s Spec) highest() Prize {
	var out Prize
	for _, p := range s.Prizes {
		if p.Fen > out.Fen {
			out = p
		}
	}
	return out
}

// fairPrizes are the prizes as receipts name them.
func (s Spec) fairPrizes() []fair.Prize {
	out := make([]fair.Prize, len(s.Prizes))
	for i, p := range s.Prizes {
		out[i] = fair.Prize{Name: p.Name, Count: p.Count}
	}
	return out
}

// prizes is how many prizes there are.
func (s Spec) count() int {
	n := 0
	for _, p := range s.Prizes {
		n += p.Count
	}
	return n
}

func decode(d storage.Draw) (Spec, error) {
	var s Spec
	if err := json.Unmarshal([]byte(d.Spec), &s); err != nil {
		return s, fmt.Errorf("draw %d: %w", d.ID, err)
	}
	return s, nil
}

func encode(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("draw: %w", err)
	}
	return string(text), nil
}

// published are the rules whose hash stands in the receipt, in one fixed form.
type published struct {
	Draw     int64  `json:"draw"`
	Mode     string `json:"mode"`
	Cost     int64  `json:"cost"`
	Full     int64  `json:"full"`
	Opened   string `json:"opened_at"`
	Closes   string `json:"closes_at,omitempty"` // as announced
	Beacon   string `json:"beacon"`
	Chain    string `json:"chain,omitempty"`
	Round    int64  `json:"round,omitempty"` // of a timed draw
	Number   string `json:"number,omitempty"`
	MostMove int    `json:"moves"`
	Spec
}

// rulesOf writes the rules of a draw as they are published.
func rulesOf(d storage.Draw, s Spec) (string, error) {
	p := published{
		Draw: d.ID, Mode: d.Mode, Cost: d.Cost, Full: d.FullAt, Opened: stamp(d.OpenedAt), Closes: stamp(d.ClosesAt),
		Beacon: d.Beacon, Chain: d.Chain, Round: d.Round, Number: d.NumberName, MostMove: mostMoves, Spec: s,
	}
	return encode(p)
}

func rulesHash(rules string) string {
	sum := sha256.Sum256([]byte(rules))
	return hex.EncodeToString(sum[:])
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// ClaimDays is the time for claiming in days, 0 if it is no number of days
// that people say so.
func (f Facts) ClaimDays() int64 {
	const day = 24 * 60
	if f.Claim > 2*day && f.Claim%day == 0 {
		return f.Claim / day
	}
	return 0
}

// ClaimHours is the time for claiming in hours, 0 if it is no number of hours.
func (f Facts) ClaimHours() int64 {
	if f.ClaimDays() == 0 && f.Claim%60 == 0 {
		return f.Claim / 60
	}
	return 0
}
