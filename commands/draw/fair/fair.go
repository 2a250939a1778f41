// Package fair decides who wins a draw, so that everybody can compute it
// again: commitments, the hash of the list, the stream of chance, the round of
// public randomness and the receipt. It is pure, knows no database and no
// command, and is what the program, its checks and `qunmate receipt` share.
package fair

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

// Entrant is one line of the frozen list.
type Entrant struct {
	Ticket int64  `json:"ticket"`
	Who    string `json:"who"` // Who of the account, hex
	Weight int64  `json:"weight"`
}

// Prize is one kind of prize and how many there are of it.
type Prize struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Winner is a ticket that was drawn for a prize, named by its index.
type Winner struct {
	Prize  int   `json:"prize"`
	Ticket int64 `json:"ticket"`
}

// Commitment is what is published of the secret before anybody enters.
func Commitment(secret []byte) string {
	sum := sha256.Sum256(secret)
	return hex.EncodeToString(sum[:])
}

// Who hides an account behind a salt that only its owner is told, so that he
// finds his own line and nobody else's.
func Who(salt []byte, account string) string {
	sum := sha256.Sum256(slices.Concat(salt, []byte(account)))
	return hex.EncodeToString(sum[:])
}

// ListHash is SHA-256 over the lines "ticket TAB who TAB weight LF", tickets
// ascending.
func ListHash(list []Entrant) [sha256.Size]byte {
	h := sha256.New()
	for _, e := range sorted(list) {
		h.Write([]byte(strconv.FormatInt(e.Ticket, 10) + "\t" + e.Who + "\t" + strconv.FormatInt(e.Weight, 10) + "\n"))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func sorted(list []Entrant) []Entrant {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b Entrant) int { return compare(a.Ticket, b.Ticket) })
	return out
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Seed binds the secret of the organiser, the public randomness and the frozen
// list: nobody knows all three before the list is closed.
func Seed(secret, beacon []byte, list [sha256.Size]byte) []byte {
	return mac(secret, beacon, list[:])
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// Order names one ticket after the other: first the winners, then the
// substitutes, from one and the same source. ok is false when none is left.
type Order interface {
	Next() (ticket int64, ok bool)
}

// Stream is the chance of a draw: block i is HMAC-SHA256(seed, i), cut into
// big-endian numbers of 64 bits.
type Stream struct {
	mac   hash.Hash
	count uint64
	block []byte
}

// NewStream begins the stream of a seed.
func NewStream(seed []byte) *Stream { return &Stream{mac: hmac.New(sha256.New, seed)} }

// Uint64 is the next number of the stream.
func (s *Stream) Uint64() uint64 {
	if len(s.block) == 0 {
		var i [8]byte
		binary.BigEndian.PutUint64(i[:], s.count)
		s.count++
		s.mac.Reset()
		s.mac.Write(i[:])
		s.block = s.mac.Sum(nil)
	}
	x := binary.BigEndian.Uint64(s.block)
	s.block = s.block[8:]
	return x
}

// Below is the next number below n, each of them equally likely: numbers of
// the incomplete last stretch of 2^64 are thrown away.
func (s *Stream) Below(n uint64) uint64 {
	over := (math.MaxUint64%n + 1) % n // 2^64 mod n
	for {
		if x := s.Uint64(); x <= math.MaxUint64-over {
			return x % n
		}
	}
}

// Urn draws tickets without putting them back, each as likely as its weight.
type Urn struct {
	stream  *Stream
	tickets []int64 // ascending
	// sums is a Fenwick tree over the weights of the tickets still in it: long
	// lists are drawn from in no time.
	sums   []uint64
	weight uint64
}

// NewUrn fills the urn with a list of distinct tickets.
func NewUrn(seed []byte, list []Entrant) *Urn {
	u := &Urn{stream: NewStream(seed), tickets: make([]int64, len(list)), sums: make([]uint64, len(list)+1)}
	for i, e := range sorted(list) {
		w := uint64(max(e.Weight, 0)) // Check refuses a list with negative ones
		u.tickets[i] = e.Ticket
		u.weight += w
		u.sums[i+1] += w
		if up := i + 1 + lowest(i+1); up < len(u.sums) {
			u.sums[up] += u.sums[i+1]
		}
	}
	return u
}

// lowest is the lowest bit of an index that is set.
func lowest(i int) int { return i & -i }

// Next implements Order: the first ticket, ascending, whose running weight
// exceeds the number that was drawn.
func (u *Urn) Next() (int64, bool) {
	if u.weight == 0 {
		return 0, false
	}
	r := u.stream.Below(u.weight)
	at, before := 0, uint64(0) // of the tickets up to at, the weight is before
	for step := 1 << (bits.Len(uint(len(u.tickets)))); step > 0; step >>= 1 {
		if next := at + step; next < len(u.sums) && before+u.sums[next] <= r {
			at, before = next, before+u.sums[next]
		}
	}
	u.remove(at)
	return u.tickets[at], true
}

// remove takes the ticket at an index out.
func (u *Urn) remove(at int) {
	w := u.through(at+1) - u.through(at)
	u.weight -= w
	for i := at + 1; i < len(u.sums); i += lowest(i) {
		u.sums[i] -= w
	}
}

// through is the weight of the first n tickets that are still in.
func (u *Urn) through(n int) uint64 {
	var sum uint64
	for ; n > 0; n -= lowest(n) {
		sum += u.sums[n]
	}
	return sum
}

// Winners fills the prizes in order.
func Winners(prizes []Prize, order Order) []Winner {
	var out []Winner
	for i, p := range prizes {
		for range p.Count {
			ticket, ok := order.Next()
			if !ok {
				return out
			}
			out = append(out, Winner{Prize: i, Ticket: ticket})
		}
	}
	return out
}
