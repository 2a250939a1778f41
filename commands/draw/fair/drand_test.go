package fair_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"qunmate/commands/draw/fair"
)

// Round 1000 of quicknet, from protocol/drand.md.
const (
	vectorRound     = 1000
	vectorSignature = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
)

func TestQuicknetsVector(t *testing.T) {
	t.Parallel()
	raw, err := fair.VerifyRound(fair.QuicknetKey, vectorRound, vectorSignature)
	if err != nil || hex.EncodeToString(raw) != vectorSignature {
		t.Fatal(hex.EncodeToString(raw), err)
	}
	flipped := "a" + vectorSignature[1:] // the other root
	other := newNetwork(7)
	infinity := "c0" + strings.Repeat("00", 47)
	for name, c := range map[string]struct {
		key   string
		round int64
		sig   string
	}{
		"another round":     {fair.QuicknetKey, vectorRound + 1, vectorSignature},
		"the negated point": {fair.QuicknetKey, vectorRound, flipped},
		"another key":       {other.Key, vectorRound, vectorSignature},
		"another network":   {fair.QuicknetKey, vectorRound, other.sign(t, vectorRound)},
		"infinity":          {fair.QuicknetKey, vectorRound, infinity},
		"a key at infinity": {"c0" + strings.Repeat("00", 95), vectorRound, infinity},
		"empty":             {fair.QuicknetKey, vectorRound, ""},
		"short":             {fair.QuicknetKey, vectorRound, vectorSignature[2:]},
		"no hex":            {fair.QuicknetKey, vectorRound, strings.Repeat("zz", 48)},
		"upper case":        {fair.QuicknetKey, vectorRound, strings.ToUpper(vectorSignature)},
		"uncompressed flag": {fair.QuicknetKey, vectorRound, "34" + vectorSignature[2:]},
		"not on the curve":  {fair.QuicknetKey, vectorRound, "80" + strings.Repeat("00", 46) + "05"},
		"round zero":        {fair.QuicknetKey, 0, vectorSignature},
		"no key":            {"", vectorRound, vectorSignature},
	} {
		if _, err := fair.VerifyRound(c.key, c.round, c.sig); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := fair.VerifyRound(fair.QuicknetKey, vectorRound+1, vectorSignature); !errors.Is(err, fair.ErrSignature) {
		t.Error(err)
	}
	if _, err := fair.VerifyRound(other.Key, 5, other.sign(t, 5)); err != nil {
		t.Errorf("a network of our own: %v", err)
	}
}

func TestRounds(t *testing.T) {
	t.Parallel()
	genesis := time.Unix(1692803367, 0)
	for _, c := range []struct {
		after time.Duration
		round int64
	}{
		{-time.Hour, 1},
		{0, 1},
		{1, 2},
		{time.Millisecond, 2},
		{3 * time.Second, 2},
		{3*time.Second + 1, 3},
		{5 * time.Second, 3},
		{6 * time.Second, 3},
	} {
		if got := fair.RoundAt(genesis.Add(c.after)); got != c.round {
			t.Errorf("%s after the first round: %d, want %d", c.after, got, c.round)
		}
	}
	for i := range int64(2000) {
		at := time.Unix(1795000000, i*123_456_789)
		round := fair.RoundAt(at)
		if fair.RoundTime(round).Before(at) || !fair.RoundTime(round-1).Before(at) {
			t.Errorf("round %d is not the first at or after %s", round, at)
		}
	}
}
