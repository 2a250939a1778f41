package fair_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"qunmate/commands/draw/fair"
)

// The attacker organises the draw: he knows the secret and may add up to so
// many sock puppets before the close. He wins when his friend, or a puppet,
// does. (lessons.md, N3)
type attack struct{ entrants, puppets int }

const friend = 1

// winner draws one ticket from the real entrants and k puppets behind them.
func (a attack) winner(secret, beacon []byte, all []fair.Entrant, k int) int64 {
	list := all[:a.entrants+k]
	ticket, _ := fair.NewUrn(fair.Seed(secret, beacon, fair.ListHash(list)), list).Next()
	return ticket
}

func (a attack) pays(ticket int64) bool { return ticket == friend || ticket > int64(a.entrants) }

// run plays games and returns how often the attacker won. With the randomness
// known before the close he tries every number of puppets; with a pinned round
// of the future he has nothing to try them against: he guesses the signature,
// picks the number of puppets that wins with his guess, and is drawn with the
// real one.
func (a attack) run(games int, known bool, chance *rand.Rand) float64 {
	all := people(a.entrants + a.puppets)
	won := 0
	for range games {
		secret, drawn, guess := bytesOf(chance.Uint64()), bytesOf(chance.Uint64()), bytesOf(chance.Uint64())
		if known {
			guess = drawn
		}
		best := a.puppets
		for k := range a.puppets + 1 {
			if a.pays(a.winner(secret, guess, all, k)) {
				best = k
				break
			}
		}
		if a.pays(a.winner(secret, drawn, all, best)) {
			won++
		}
	}
	return float64(won) / float64(games)
}

func TestGrindingPaysNothingWithAPinnedRound(t *testing.T) {
	t.Parallel()
	a := attack{entrants: 60, puppets: 12}
	const games = 3000
	// Honest: his friend and all his puppets, entered openly.
	most := float64(a.puppets+1) / float64(a.entrants+a.puppets)
	if grinding := a.run(games, true, rand.New(rand.NewPCG(1, 1))); grinding < 2*most {
		t.Errorf("with known randomness he should win far more often than %.3f, he won %.3f: the attack of this test is too weak", most, grinding)
	}
	pinned := a.run(games, false, rand.New(rand.NewPCG(1, 2)))
	if pinned > most+0.02 { // three standard deviations
		t.Errorf("with a pinned round he won %.3f of the draws, his share is %.3f", pinned, most)
	}
}

// Nor does it pay to leave puppets behind and take them out again at the last
// moment, or to reorder them: every list has its own seed.
func TestEveryListHasItsOwnChance(t *testing.T) {
	t.Parallel()
	secret, beacon := bytesOf(1), bytesOf(2)
	seen := map[uint64]bool{}
	for n := range 500 {
		seed := fair.Seed(secret, beacon, fair.ListHash(people(n)))
		if x := binary.BigEndian.Uint64(seed); seen[x] {
			t.Fatal("two lists share a seed")
		} else {
			seen[x] = true
		}
	}
}
