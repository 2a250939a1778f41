package fair

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Version of the receipts written here.
const Version = 1

// Receipt is everything needed to compute a draw again: contract.md, section 5.
type Receipt struct {
	Version        int       `json:"version"`
	Draw           int64     `json:"draw"`
	Community      string    `json:"community"`
	Prizes         []Prize   `json:"prizes"`
	RulesSHA256    string    `json:"rules_sha256"`
	OpenedAt       string    `json:"opened_at"`
	ClosesAt       string    `json:"closes_at"`
	LateFreeze     bool      `json:"late_freeze"`
	Commitment     string    `json:"commitment"`
	Secret         string    `json:"secret"`
	Beacon         Beacon    `json:"beacon"`
	Instant        *Tickets  `json:"instant,omitempty"`
	Entrants       []Entrant `json:"entrants"`
	EntrantsSHA256 string    `json:"entrants_sha256"`
	Winners        []Winner  `json:"winners"`
	Changes        []Change  `json:"changes"`
}

// Beacon is the public randomness of a draw.
type Beacon struct {
	Kind      string `json:"kind"` // drand, number or none
	Chain     string `json:"chain,omitempty"`
	PublicKey string `json:"public_key,omitempty"`
	Round     int64  `json:"round,omitempty"`
	Signature string `json:"signature,omitempty"`
	Name      string `json:"name,omitempty"`  // of the number, named beforehand
	Value     string `json:"value,omitempty"` // the number, as it was printed
}

// Kinds of public randomness.
const (
	Drand  = "drand"
	Number = "number"
	None   = "none"
)

// Tickets marks a draw that told everybody at once, and says how many tickets
// there were.
type Tickets struct {
	Tickets int64 `json:"tickets"`
}

// Change is a prize that moved on. To is 0 when nobody was left.
type Change struct {
	At     string `json:"at"`
	Prize  int    `json:"prize"`
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Reason string `json:"reason"`
}

// Bounds of a receipt that is computed again; each is far above what a group
// can have, and keeps a hostile file from using up a machine.
const (
	MaxBytes   = 64 << 20
	maxTickets = 1_000_000
	// MaxWeight is the most one ticket can weigh.
	MaxWeight = 1_000_000
)

// FullHouseWait is how long after the freeze a full-house draw takes its round:
// the list is posted before that round exists.
const FullHouseWait = time.Minute

// ErrReceipt is the error of a file that is no receipt.
var ErrReceipt = errors.New("not a receipt of version 1")

// Parse reads a receipt strictly: unknown, repeated or differently spelled
// keys, and anything behind it, are errors.
func Parse(data []byte) (Receipt, error) {
	var r Receipt
	if len(data) > MaxBytes {
		return r, fmt.Errorf("%w: larger than %d bytes", ErrReceipt, MaxBytes)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // some editors add it
	if err := exactKeys(data); err != nil {
		return r, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return r, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return r, fmt.Errorf("%w: something follows it", ErrReceipt)
	}
	if r.Version != Version {
		return r, fmt.Errorf("%w: version %d", ErrReceipt, r.Version)
	}
	return r, nil
}

// keys of every object of a receipt. encoding/json takes any case of a key and
// the last of several; two readers of one file must not see two results.
var keys = []string{
	"version", "draw", "community", "prizes", "rules_sha256", "opened_at", "closes_at", "late_freeze", "commitment", "secret",
	"beacon", "instant", "entrants", "entrants_sha256", "winners", "changes",
	"name", "count", "kind", "chain", "public_key", "round", "signature", "value", "tickets",
	"ticket", "who", "weight", "prize", "at", "from", "to", "reason",
}

// maxDepth of objects and lists in a receipt.
const maxDepth = 4

// exactKeys walks the tokens of a JSON text.
func exactKeys(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	var seen []map[string]bool // per open object; nil for a list
	isKey := false
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if d, ok := token.(json.Delim); ok {
			switch d {
			case '{':
				seen = append(seen, map[string]bool{})
			case '[':
				seen = append(seen, nil)
			default:
				seen = seen[:len(seen)-1]
			}
			if len(seen) > maxDepth {
				return errors.New("too many levels")
			}
			isKey = len(seen) > 0 && seen[len(seen)-1] != nil
			continue
		}
		if len(seen) == 0 || seen[len(seen)-1] == nil {
			continue
		}
		if !isKey {
			isKey = true
			continue
		}
		name, _ := token.(string)
		if !slices.Contains(keys, name) {
			return fmt.Errorf("unknown key %q", name)
		}
		if seen[len(seen)-1][name] {
			return fmt.Errorf("key %q twice", name)
		}
		seen[len(seen)-1][name] = true
		isKey = false
	}
}

// JSON writes the receipt, one entrant a line: it is read by people too.
func (r Receipt) JSON() ([]byte, error) {
	full := r
	full.Prizes, full.Entrants, full.Winners, full.Changes = orEmpty(r.Prizes), orEmpty(r.Entrants), orEmpty(r.Winners), orEmpty(r.Changes)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(full); err != nil { //nolint:gosec // the secret is revealed: that is what a receipt is for
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return out.Bytes(), nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Order is the source of this receipt's winners and substitutes; its secret,
// beacon and list must have been checked.
func (r Receipt) Order() (Order, error) {
	secret, err := hex.DecodeString(r.Secret)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	if r.Instant != nil {
		return NewInstant(secret, r.Instant.Tickets), nil
	}
	bytes, err := r.Beacon.Bytes()
	if err != nil {
		return nil, err
	}
	return NewUrn(Seed(secret, bytes, ListHash(r.Entrants)), r.Entrants), nil
}

// Bytes are the public randomness that goes into the seed.
func (b Beacon) Bytes() ([]byte, error) {
	switch b.Kind {
	case Drand:
		raw, err := hex.DecodeString(b.Signature)
		if err != nil {
			return nil, fmt.Errorf("signature: %w", err)
		}
		return raw, nil
	case Number:
		return []byte(b.Value), nil
	case None:
		return nil, nil
	}
	return nil, fmt.Errorf("beacon of kind %q", b.Kind)
}

// Drawn computes the winners of the receipt's list, and leaves the order where
// the substitutes begin.
func (r Receipt) Drawn() ([]Winner, Order, error) {
	order, err := r.Order()
	if err != nil {
		return nil, nil, err
	}
	if r.Instant != nil {
		return InstantWinners(r.Prizes, order, r.Entrants), OnlyTaken(order, r.Entrants), nil
	}
	return Winners(r.Prizes, order), order, nil
}
