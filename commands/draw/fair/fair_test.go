package fair_test

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"qunmate/commands/draw/fair"
)

// The list's lines are fixed by the contract: an auditor may write them by hand.
func TestTheListIsHashedLineByLine(t *testing.T) {
	t.Parallel()
	got := fair.ListHash([]fair.Entrant{{Ticket: 2, Who: "bb", Weight: 3}, {Ticket: 1, Who: "aa", Weight: 1}})
	// printf '1\taa\t1\n2\tbb\t3\n' | sha256sum
	const want = "94ff558dd91523e0b3a5da6e5f562200d67b2b19d63062e9b1c392dd3638efcf"
	if hex.EncodeToString(got[:]) != want {
		t.Errorf("%x", got)
	}
}

// critical is the 99 % point of the chi-square distribution with k degrees of
// freedom (Wilson and Hilferty).
func critical(k int) float64 {
	const z = 2.3263478740408408
	f := 2 / (9 * float64(k))
	return float64(k) * math.Pow(1-f+z*math.Sqrt(f), 3)
}

func chiSquare(got []int, share func(i int) float64, total int) float64 {
	var sum float64
	for i, n := range got {
		want := share(i) * float64(total)
		sum += (float64(n) - want) * (float64(n) - want) / want
	}
	return sum
}

const draws = 100_000

// Every ticket wins as often as every other: the first place, the last, and
// the substitutes behind them (a replacement that favours old accounts was a
// real bug of a real bot).
func TestTicketsWinAlike(t *testing.T) {
	t.Parallel()
	const entrants, places = 23, 4
	list := people(entrants)
	var wins [places][]int
	for i := range wins {
		wins[i] = make([]int, entrants)
	}
	for n := range uint64(draws) {
		urn := fair.NewUrn(bytesOf(n), list)
		for i := range places {
			ticket, ok := urn.Next()
			if !ok {
				t.Fatal("the urn is empty")
			}
			wins[i][ticket-1]++
		}
	}
	for i, w := range wins {
		if x := chiSquare(w, func(int) float64 { return 1.0 / entrants }, draws); x > critical(entrants-1) {
			t.Errorf("place %d: chi-square %.1f > %.1f", i, x, critical(entrants-1))
		}
	}
}

func TestWeightsAreHonoured(t *testing.T) {
	t.Parallel()
	list := people(12)
	total := 0.0
	for i := range list {
		list[i].Weight = int64(i%4) + 1
		total += float64(list[i].Weight)
	}
	first, second := make([]int, len(list)), make([]int, len(list))
	for n := range uint64(draws) {
		urn := fair.NewUrn(bytesOf(n), list)
		a, _ := urn.Next()
		b, _ := urn.Next()
		first[a-1]++
		second[b-1]++
	}
	share := func(i int) float64 { return float64(list[i].Weight) / total }
	if x := chiSquare(first, share, draws); x > critical(len(list)-1) {
		t.Errorf("first: chi-square %.1f > %.1f", x, critical(len(list)-1))
	}
	// P(second = i) = Σ over the first j of P(j)·w(i)/(total − w(j)).
	then := func(i int) float64 {
		sum := 0.0
		for j := range list {
			if j != i {
				sum += share(j) * float64(list[i].Weight) / (total - float64(list[j].Weight))
			}
		}
		return sum
	}
	if x := chiSquare(second, then, draws); x > critical(len(list)-1) {
		t.Errorf("second: chi-square %.1f > %.1f", x, critical(len(list)-1))
	}
}

// An instant draw gives its prizes to random tickets too.
func TestInstantTicketsWinAlike(t *testing.T) {
	t.Parallel()
	const tickets = 11
	wins := make([]int, tickets)
	for n := range uint64(draws) {
		ticket, _ := fair.NewInstant(bytesOf(n), tickets).Next()
		wins[ticket-1]++
	}
	if x := chiSquare(wins, func(int) float64 { return 1.0 / tickets }, draws); x > critical(tickets-1) {
		t.Errorf("chi-square %.1f > %.1f", x, critical(tickets-1))
	}
}

// The tree of the urn does what the contract says in one sentence.
func TestTheUrnFollowsTheContract(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	for n := range uint64(300) {
		list := people(chance.IntN(40))
		chance.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for i := range list {
			list[i].Weight = 1 + chance.Int64N(5)
			if chance.IntN(4) == 0 {
				list[i].Weight = fair.MaxWeight
			}
		}
		urn, stream := fair.NewUrn(bytesOf(n), list), fair.NewStream(bytesOf(n))
		left := slices.Clone(list)
		slices.SortFunc(left, func(a, b fair.Entrant) int { return int(a.Ticket - b.Ticket) })
		for len(left) > 0 {
			var w uint64
			for _, e := range left {
				w += uint64(e.Weight)
			}
			r, at := stream.Below(w), 0
			for run := uint64(left[0].Weight); run <= r; run += uint64(left[at].Weight) {
				at++
			}
			if got, ok := urn.Next(); !ok || got != left[at].Ticket {
				t.Fatalf("list %d: %d, want %d", n, got, left[at].Ticket)
			}
			left = slices.Delete(left, at, at+1)
		}
		if got, ok := urn.Next(); ok || got != 0 {
			t.Fatalf("an empty urn gave %d", got)
		}
	}
}

// With a weight of 2^63+1 nearly half of the numbers must be thrown away.
func TestNumbersAboveTheLastFullStretchAreThrownAway(t *testing.T) {
	t.Parallel()
	const n = 1<<63 + 1
	raw, below := fair.NewStream(bytesOf(5)), fair.NewStream(bytesOf(5))
	thrown := 0
	for range 1000 {
		want := raw.Uint64()
		for want >= n {
			thrown++
			want = raw.Uint64()
		}
		if got := below.Below(n); got != want {
			t.Fatalf("%d, want %d", got, want)
		}
	}
	if thrown < 800 {
		t.Errorf("only %d numbers were thrown away", thrown)
	}
	if s := fair.NewStream(bytesOf(6)); s.Below(1<<63) != fair.NewStream(bytesOf(6)).Uint64()%(1<<63) {
		t.Error("2^63 divides 2^64: nothing is thrown away")
	}
}
