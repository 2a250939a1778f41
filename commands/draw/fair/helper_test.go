package fair_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"qunmate/commands/draw/fair"
)

// newNetwork is a drand network of the test's own: it can sign any round.
func newNetwork(n uint64) network { return network{fair.NewNetwork(bytesOf(n))} }

type network struct{ *fair.Network }

func (n network) sign(t testing.TB, round int64) string {
	t.Helper()
	text, err := n.Sign(round)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// bytesOf are 32 bytes that differ for each number.
func bytesOf(n uint64) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	sum := sha256.Sum256(b[:])
	return sum[:]
}

func people(n int) []fair.Entrant {
	out := make([]fair.Entrant, n)
	for i := range out {
		out[i] = fair.Entrant{Ticket: int64(i) + 1, Who: fair.Who(bytesOf(uint64(i)), fmt.Sprintf("telegram:%d", i)), Weight: 1}
	}
	return out
}

// receipt makes a drawn receipt of any kind from a source of chance.
func receipt(t testing.TB, net network, chance *rand.Rand) fair.Receipt {
	t.Helper()
	secret := bytesOf(chance.Uint64())
	closes := time.Unix(1795000000+chance.Int64N(1_000_000), 0).UTC()
	r := fair.Receipt{
		Version: fair.Version, Draw: 1 + chance.Int64N(1000), Community: "产品群 <&> \"a\"", RulesSHA256: hex.EncodeToString(bytesOf(1)),
		OpenedAt: closes.Add(-time.Hour).Format(time.RFC3339), ClosesAt: closes.Format(time.RFC3339), LateFreeze: chance.IntN(9) == 0,
		Commitment: fair.Commitment(secret), Secret: hex.EncodeToString(secret),
	}
	for i := range 1 + chance.IntN(4) {
		r.Prizes = append(r.Prizes, fair.Prize{Name: fmt.Sprint("保温杯", i), Count: 1 + chance.IntN(4)})
	}
	weighted := chance.IntN(3) == 0
	for _, e := range people(chance.IntN(60)) {
		if chance.IntN(7) == 0 {
			continue // he left
		}
		if weighted {
			e.Weight = 1 + chance.Int64N(fair.MaxWeight)
		}
		r.Entrants = append(r.Entrants, e)
	}
	switch chance.IntN(5) {
	case 0:
		r.Beacon = fair.Beacon{Kind: fair.Number, Name: "上证指数收盘 2026-11-23", Value: fmt.Sprintf("3%03d.%02d", chance.IntN(1000), chance.IntN(100))}
	case 1:
		r.Beacon = fair.Beacon{Kind: fair.None}
	case 2:
		r.Beacon, r.Instant = fair.Beacon{Kind: fair.None}, &fair.Tickets{Tickets: 60}
		for i := range r.Entrants {
			r.Entrants[i].Weight = 1
		}
	default:
		round := fair.RoundAt(closes)
		if chance.IntN(3) == 0 {
			round = fair.RoundAt(closes.Add(fair.FullHouseWait))
		}
		r.Beacon = fair.Beacon{Kind: fair.Drand, Chain: net.Chain, PublicKey: net.Key, Round: round, Signature: net.sign(t, round)}
	}
	hash := fair.ListHash(r.Entrants)
	r.EntrantsSHA256 = hex.EncodeToString(hash[:])
	winners, order, err := r.Drawn()
	if err != nil {
		t.Fatal(err)
	}
	r.Winners = winners
	holders := append([]fair.Winner{}, winners...)
	for range chance.IntN(4) {
		if len(holders) == 0 {
			break
		}
		i := chance.IntN(len(holders))
		to, ok := order.Next()
		r.Changes = append(r.Changes, fair.Change{
			At: closes.Add(48 * time.Hour).Format(time.RFC3339), Prize: holders[i].Prize, From: holders[i].Ticket, To: to, Reason: "未领",
		})
		if holders[i].Ticket = to; !ok {
			break
		}
	}
	return r
}
