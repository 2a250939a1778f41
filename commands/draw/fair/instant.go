package fair

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Instant is a draw that tells everybody at once: a fixed number of tickets is
// put into the order of HMAC-SHA256(secret, ticket as 64 bits, big-endian),
// and the first of that order win. The secret is committed to beforehand, but
// its owner knows the order: such a draw is labelled weaker.
type Instant struct {
	order []int64
	next  int
}

// NewInstant orders the tickets 1 … tickets.
func NewInstant(secret []byte, tickets int64) *Instant {
	type keyed struct {
		ticket int64
		key    []byte
	}
	all := make([]keyed, tickets)
	for i := range all {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(i)+1)
		all[i] = keyed{int64(i) + 1, mac(secret, b[:])}
	}
	slices.SortFunc(all, func(a, b keyed) int { return bytes.Compare(a.key, b.key) })
	out := &Instant{order: make([]int64, tickets)}
	for i, k := range all {
		out.order[i] = k.ticket
	}
	return out
}

// Next implements Order.
func (o *Instant) Next() (int64, bool) {
	if o.next >= len(o.order) {
		return 0, false
	}
	o.next++
	return o.order[o.next-1], true
}

// InstantWinners are the winning tickets among those that were taken; a prize
// whose ticket nobody took is not given. order stands behind the last winner,
// so that it names the substitutes next.
func InstantWinners(prizes []Prize, order Order, list []Entrant) []Winner {
	taken := tickets(list)
	return slices.DeleteFunc(Winners(prizes, order), func(w Winner) bool { return !taken[w.Ticket] })
}

// taken leaves out of an order the tickets that are not on a list.
type taken struct {
	order Order
	list  map[int64]bool
}

// OnlyTaken is an order without the tickets that nobody took.
func OnlyTaken(order Order, list []Entrant) Order {
	return taken{order: order, list: tickets(list)}
}

// Next implements Order.
func (t taken) Next() (int64, bool) {
	for {
		if ticket, ok := t.order.Next(); !ok || t.list[ticket] {
			return ticket, ok
		}
	}
}

func tickets(list []Entrant) map[int64]bool {
	out := make(map[int64]bool, len(list))
	for _, e := range list {
		out[e.Ticket] = true
	}
	return out
}
